"""A weight or height that nobody of that age has."""

from collections.abc import Iterator
from decimal import Decimal

from audit_rules.case import Case
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule

ADULT_DAYS = 6575


@rule(
    id="GAP006",
    title=Text("体重或身高不可信", "The weight or height is implausible"),
    category="form",
    severity=Severity.MAJOR,
    sources=("who-growth",),
    when=lambda case: case.patient.weight_kg is not None or case.patient.height_cm is not None,
)
def implausible_body(case: Case) -> Iterator[Hit | Gap]:
    """A recorded weight or height outside everything seen at the patient's age.

    Why it matters: a child's dose is worked out from the weight; grams for kilograms make it a thousandfold.
    What to do: weigh again, or correct the record, and send a new revision.
    """
    raw = case.document.patient
    for row in case.catalogue.table("body_limits").at(case.patient.age_days):
        value: Decimal | None = raw.weight_kg if row.measure == "weight_kg" else raw.height_cm
        if value is not None and not row.least <= value <= row.most:
            zh, en = ("体重", "weight") if row.measure == "weight_kg" else ("身高", "height")
            unit = row.measure.rpartition("_")[2]
            yield Gap(
                lines=(),
                reason=f"{en}_implausible",
                message=Text(
                    f"{zh}{value} {unit}与年龄不符, 按体重或体表面积的审核不可信",
                    f"{en} {value} {unit} does not fit the age; checks by weight or surface cannot be trusted",
                ),
                holds=row.measure == "weight_kg" and case.patient.age_days < ADULT_DAYS,
            )
