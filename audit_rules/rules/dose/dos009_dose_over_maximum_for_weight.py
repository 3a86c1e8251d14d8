"""An adult's dose above what the weight allows."""

from collections.abc import Iterator
from decimal import Decimal

from audit_rules.case import Case
from audit_rules.causes import dose_causes
from audit_rules.children import Body, over_body, per_body, within
from audit_rules.items import Use
from audit_rules.limits import ADULT, ROUNDING, Over, facts, rows_for, told
from audit_rules.report import Gap, Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.slips import slipped
from audit_rules.together import at_once
from audit_rules.wording import named

FAR = Decimal("1.5")


@rule(
    id="DOS009",
    title=Text("按体重剂量超过上限", "Dose above the maximum for the weight"),
    category="dose",
    severity=Severity.MAJOR,
    sources=("cn-audit-dose",),
    refs=("CN-APP-004",),
    ingredients=lambda catalogue: frozenset(
        key
        for key, rows in catalogue.table("doses").items()
        if any(row.basis == "kg" and row.population == "adult" for row in rows)
    ),
    when=lambda case: (
        case.patient.age_years >= ADULT
        and case.patient.weight_kg is not None
        and not all(within(case, use) for use in at_once(case))
    ),
)
def dose_over_maximum_for_weight(case: Case) -> Iterator[Hit | Gap]:
    """A single or daily dose for an adult above the label's limit per kilogram, or above its cap.

    Up to a tenth over the limit counts as rounding to a vial or syringe. Without a weight the plain maximum of the
    drug is what is checked.

    Why it matters: 60 mg of enoxaparin twice a day is right for 60 kg and bleeds at 40 kg; hydroxychloroquine above
    5 mg/kg takes the sight.
    What to do: work the dose out again by weight.
    """
    if case.patient.age_years < ADULT:
        return
    for use in at_once(case):
        rows = [row for row in rows_for(case, use, "adult") if row.basis == "kg"]
        if not rows or case.patient.weight_kg is None or slipped(case, use):
            continue
        body = Body(case.patient.weight_kg, True, f"{case.patient.weight_kg} kg")
        found = over_body(use, rows, body)
        if found and found[0].ratio > ROUNDING:
            yield _hit(case, use, body, *found)


def _hit(case: Case, use: Use, body: Body, found: Over, which: str) -> Hit:
    drug, limit = named(case, (use.ingredient,)), told(found.given._replace(value=found.limit))
    when = Text("单次", "at once") if which == "single" else Text("每日", "a day")
    dose = f"{told(found.given)} ({per_body(found.given, body, 'kg')})"
    far = found.ratio >= FAR
    return Hit(
        lines=use.lines,
        drugs=(use.ingredient,),
        message=Text(
            f"{drug.zh}{when.zh}{dose}，超过该体重上限{limit}",
            f"{drug.en}: {dose} {when.en}; the maximum for this weight is {limit}",
        ),
        action=Text(
            f"按体重重算，{when.zh}不超过{limit}", f"work it out by weight: no more than {limit} {when.en}"
        ),
        evidence=facts(found, which) | {"weight": body.text},
        severity=Severity.CRITICAL if far and found.row.serious else None,
        release=None if far else Release.DOUBLE_SIGN,
        sources=(found.row.source,),
        cause=dose_causes(use),
    )
