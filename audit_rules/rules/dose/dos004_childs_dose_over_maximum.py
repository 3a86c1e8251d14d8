"""A child's dose above what the weight allows."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.causes import dose_causes
from audit_rules.children import Body, over_body, per_body, weight, within
from audit_rules.items import Use
from audit_rules.knowledge.dose_rows import DoseLimit
from audit_rules.limits import ADULT, ROUNDING, Over, facts, graded, rows_for, told
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.together import at_once
from audit_rules.wording import named


@rule(
    id="DOS004",
    title=Text("儿童剂量超过上限", "Child's dose above the maximum"),
    category="dose",
    severity=Severity.MAJOR,
    sources=("cn-audit-dose",),
    refs=("CN-APP-004", "CN-NRM-014"),
    ingredients=lambda catalogue: frozenset(
        key for key, rows in catalogue.table("doses").items() if any(row.basis == "kg" for row in rows)
    ),
    when=lambda case: case.patient.age_years < ADULT and not all(within(case, use) for use in at_once(case)),
)
def childs_dose_over_maximum(case: Case) -> Iterator[Hit | Gap]:
    """A child's single or daily dose above the label's limit per kilogram, or above its cap.

    Without a weight the dose is compared with what a heavy child of this age may have (97th centile), so a gross
    overdose is still found, and the missing weight is said; it holds where the dose of the drug can do serious harm.
    Up to a tenth over the limit counts as rounding to a measurable dose.

    Why it matters: children are poisoned by adult doses and by a daily dose given every eight hours.
    What to do: weigh the child, work the dose out again, and write mg with the volume.
    """
    for use in at_once(case):
        rows = [row for row in rows_for(case, use, "child") if row.basis == "kg"]
        if not rows:
            continue
        body = weight(case)
        found = over_body(use, rows, body) if body else None
        if found and body:
            yield _hit(case, use, body, *found)
        if (body is None or not body.known) and use.single is not None:
            yield _unweighed(case, use, rows)


def _hit(case: Case, use: Use, body: Body, found: Over, which: str) -> Hit:
    severity, release = graded(case, use.ingredient, found)
    if found.ratio <= ROUNDING:
        severity, release = Severity.INFO, None
    drug, limit = named(case, (use.ingredient,)), told(found.given._replace(value=found.limit))
    when = Text("单次", "at once") if which == "single" else Text("每日", "a day")
    child = per_body(found.given, body, "kg")
    return Hit(
        lines=use.lines,
        drugs=(use.ingredient,),
        message=Text(
            f"{drug.zh}{when.zh}{told(found.given)}（{child}），超过该儿童上限{limit}",
            f"{drug.en}: {told(found.given)} {when.en} ({child}); the maximum for this child is {limit}",
        ),
        action=Text(
            f"按体重重算，{when.zh}不超过{limit}", f"work it out by weight: no more than {limit} {when.en}"
        ),
        evidence=facts(found, which) | {"weight": body.text},
        severity=severity,
        release=release,
        sources=(found.row.source,),
        cause=dose_causes(use),
    )


def _unweighed(case: Case, use: Use, rows: list[DoseLimit]) -> Gap:
    drug = named(case, (use.ingredient,))
    return Gap(
        lines=use.lines,
        reason="weight_missing",
        message=Text(
            f"未写体重，{drug.zh}的儿童剂量只按同龄最大体重粗略核对",
            f"no weight: the dose of {drug.en} was only compared with that of a heavy child of this age",
        ),
        holds=any(row.serious for row in rows),
    )
