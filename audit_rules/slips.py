"""A dose that only makes sense in another unit: mg for µg, g for mg, mg for IU. Shared by the dose rules."""

from decimal import Decimal
from typing import TYPE_CHECKING

from audit_rules.children import weight
from audit_rules.items import Use
from audit_rules.limits import ADULT, rows_for, totals, widest
from audit_rules.memo import per_case
from audit_rules.quantities import Amount

if TYPE_CHECKING:
    from audit_rules.case import Case

THOUSAND = Decimal(1000)
LEAST_MEANT = Decimal(50)  # a slip is only named where what was meant is at least a fiftieth of the maximum
MUCH, LITTLE = THOUSAND / LEAST_MEANT, 1 / (THOUSAND * LEAST_MEANT)
FEW_IU = Decimal("0.01")  # an activity below this share of the maximum may be milligrams


@per_case
def slipped(case: "Case", use: Use) -> Amount | None:
    """What was probably meant where the unit of a single dose was miswritten; None = no slip.

    Between mass units a thousandth of the dose (for adults also a thousand times the dose) lies well inside the
    limit while the dose itself is far outside. Where the label counts in IU, a mass whose number is a usual
    activity was meant as that, and the other way round.
    """
    if use.single is None:
        return None
    if use.single.unit == "IU":
        return _meant_mass(case, use, use.single.value)
    return _of_mass(case, use, use.single.value) if use.single.unit == "mg" else None


def _of_mass(case: "Case", use: Use, given: Decimal) -> Amount | None:
    activity = _most(case, use, "IU")
    most = _most(case, use, "mg")
    if activity is not None and (most is None or given > most * MUCH / 2):
        dose = use.item.raw.dose
        written = None if dose is None else dose.value
        fits = written is not None and activity / THOUSAND <= written <= activity
        return Amount(written, "IU") if fits and written is not None else None
    if most is None:
        return None
    share = given / most
    if MUCH <= share <= THOUSAND:
        return Amount(given / THOUSAND, "mg")
    if case.patient.age_years >= ADULT and LITTLE <= share <= 1 / THOUSAND:
        return Amount(given * THOUSAND, "mg")
    return None


def _meant_mass(case: "Case", use: Use, given: Decimal) -> Amount | None:
    activity, most = _most(case, use, "IU"), _most(case, use, "mg")
    if activity is None or most is None or given >= activity * FEW_IU:
        return None
    return Amount(given, "mg") if most / LEAST_MEANT <= given <= most else None


def _most(case: "Case", use: Use, unit: str) -> Decimal | None:
    """The greatest single dose in this unit: as an amount, else for the child's weight."""
    found = widest(totals(case, use), unit, "single_max")
    if found is not None:
        return found[0]
    child = rows_for(case, use, "child") if case.patient.age_years < ADULT else ()
    rows = [row for row in child if row.basis == "kg" and row.unit == unit and row.single_max is not None]
    body = weight(case) if rows else None
    if body is None:
        return None
    return max(row.single_max * body.factor for row in rows if row.single_max is not None)
