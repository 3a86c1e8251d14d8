"""A dose above the lower maximum that the label sets for old people."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.causes import dose_causes
from audit_rules.limits import facts, over, rows_for, told
from audit_rules.report import Gap, Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.together import at_once
from audit_rules.wording import named


@rule(
    id="DOS006",
    title=Text("超过老年人剂量上限", "Dose above the maximum in old age"),
    category="dose",
    severity=Severity.MAJOR,
    release=Release.DOUBLE_SIGN,
    sources=("cn-audit-dose",),
    refs=("CN-APP-004", "CN-APP-011"),
    ingredients=lambda catalogue: frozenset(
        key
        for key, rows in catalogue.table("doses").items()
        if any(row.population == "geriatric" for row in rows)
    ),
)
def dose_too_high_in_old_age(case: Case) -> Iterator[Hit | Gap]:
    """A single or daily dose above the maximum that the label sets for old people.

    Why it matters: citalopram 40 mg prolongs QT and zolpidem 10 mg breaks hips, in those whose label says half.
    What to do: give the dose for old people; more only with a stated reason and a second signature.
    """
    for use in at_once(case):
        rows = rows_for(case, use, "geriatric")
        if not rows:
            continue
        found = over(use.single, rows, "single_max") or over(use.daily, rows, "daily_max")
        if found is None:
            continue
        drug, limit = named(case, (use.ingredient,)), told(found.given._replace(value=found.limit))
        yield Hit(
            lines=use.lines,
            drugs=(use.ingredient,),
            message=Text(
                f"{drug.zh}{told(found.given)}，超过老年人上限{limit}",
                f"{drug.en}: {told(found.given)}; the maximum at this age is {limit}",
            ),
            action=Text(f"减至{limit}以内", f"give no more than {limit}"),
            evidence=facts(found, "dose") | {"age": f"{case.patient.age_years} y"},
            sources=(found.row.source,),
            cause=dose_causes(use),
        )
