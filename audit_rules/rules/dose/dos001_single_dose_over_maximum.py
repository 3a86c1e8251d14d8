"""One dose above what the label allows at once."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.causes import dose_causes
from audit_rules.limits import facts, graded, over, told, totals
from audit_rules.line_doses import single_above
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.slips import slipped
from audit_rules.together import at_once
from audit_rules.wording import named


@rule(
    id="DOS001",
    title=Text("单次剂量超过上限", "Single dose above the maximum"),
    category="dose",
    severity=Severity.MAJOR,
    sources=("cn-audit-dose",),
    refs=("CN-APP-004", "CN-NRM-014"),
    ingredients=lambda catalogue: frozenset(catalogue.table("doses")),
    line=single_above,
    repeats=True,
)
def single_dose_over_maximum(case: Case) -> Iterator[Hit | Gap]:
    """A single dose above the label's maximum for this route, age and disease.

    Compounds are taken apart first. From twice the maximum, or for a high-alert drug from any excess, it stops the
    prescription; below that the prescriber may sign again.

    Why it matters: most fatal prescribing errors are one dose written too large.
    What to do: reduce the dose; where the larger dose is meant, the prescriber states the reason and signs again.
    """
    for use in at_once(case):
        found = over(use.single, totals(case, use), "single_max")
        if found is None or slipped(case, use):
            continue
        severity, release = graded(case, use.ingredient, found)
        drug, limit = named(case, (use.ingredient,)), told(found.given._replace(value=found.limit))
        yield Hit(
            lines=use.lines,
            drugs=(use.ingredient,),
            message=Text(
                f"{drug.zh}单次{told(found.given)}，超过单次上限{limit}",
                f"{drug.en}: {told(found.given)} at once; the maximum is {limit}",
            ),
            action=Text(
                f"减至每次不超过{limit}；确需超量须注明理由并再次签字",
                f"give no more than {limit} at once; if more is meant, state why and sign again",
            ),
            evidence=facts(found, "single"),
            severity=severity,
            release=release,
            sources=(found.row.source,),
            cause=dose_causes(use),
        )
