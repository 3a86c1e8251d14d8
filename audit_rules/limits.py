"""Which dose limits meet one use of a drug, and how far over them it lies. Shared by the dose rules."""

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from audit_rules.items import Item, Use
from audit_rules.knowledge.dose_rows import DoseLimit
from audit_rules.memo import per_case, per_line
from audit_rules.quantities import Amount, shown
from audit_rules.report import Release, Severity

if TYPE_CHECKING:
    from audit_rules.case import Case
    from audit_rules.catalogue import Catalogue
    from audit_rules.patient import Patient

ADULT = 18  # years
TWICE = Decimal(2)
WARDS = ("inpatient", "emergency")
ROUNDING = Decimal("1.1")  # a child's dose within a tenth of the limit is rounding to a measurable volume
TEN = Decimal(10)


class Over(NamedTuple):
    """A dose above a limit, both in the same unit; `row` says where the limit stands."""

    given: Amount
    limit: Decimal
    row: DoseLimit

    @property
    def ratio(self) -> Decimal:
        """How many times the limit."""
        return self.given.value / self.limit


def by_route(routes: Collection[str], item: Item) -> bool:
    """Whether a row's routes meet the line; a row without routes, or a line without a route, meets."""
    return not routes or item.route is None or item.route in routes or item.route_group in routes


def of_age(row: DoseLimit, patient: "Patient") -> bool:
    """Whether the row is for patients of this age."""
    from_, to = row.age_from, row.age_to
    if from_ is None and to is None:
        return True
    days, years = patient.age_days, patient.age_years
    return (from_ is None or from_.reached(days, years)) and (to is None or not to.reached(days, years))


def rows_for(case: "Case", use: Use, population: str) -> tuple[DoseLimit, ...]:
    """Limits of one population that meet the use: those for the patient's diseases, else those without any.

    Rows for short courses count beside the others, where the course is as short; a disease that allows a larger
    amount leaves the ordinary limit by weight as it is.
    """
    rows = _of_route(use, case.catalogue).get(population)
    if rows is None:
        return ()
    special: list[DoseLimit] = []
    ordinary: list[DoseLimit] = []
    brief: list[DoseLimit] = []
    for row in rows:
        if not of_age(row, case.patient) or (
            row.max_days is not None and not short(case, use.item, row.max_days)
        ):
            continue
        if not row.icd:
            (ordinary if row.max_days is None else brief).append(row)
        elif case.patient.coded.under(row.icd):
            (special if row.max_days is None else brief).append(row)
    by_weight = [row for row in ordinary if row.basis == "kg"] if special else ordinary
    if any(row.basis == "kg" for row in special):
        by_weight = []
    return (*special, *by_weight, *brief)


@per_line
def _of_route(use: Use, catalogue: "Catalogue") -> dict[str, tuple[DoseLimit, ...]]:
    """The limits of the drug by the route of the line, by population."""
    rows: tuple[DoseLimit, ...] = catalogue.table("doses").get(use.ingredient, ())
    met = [row for row in rows if by_route(row.routes, use.item)]
    return {name: tuple(r for r in met if r.population == name) for name in {r.population for r in met}}


def short(case: "Case", item: Item, days: Decimal) -> bool:
    """Whether a line is given once, or for no longer than this; a ward's order without days may be as short."""
    if item.frequency is not None and item.frequency.once:
        return True
    return item.days <= days if item.days is not None else case.setting in WARDS


@per_case
def totals(case: "Case", use: Use) -> tuple[DoseLimit, ...]:
    """Limits in plain amounts: those for the child's age where there are any, else the adult's as a ceiling."""
    if case.patient.age_years < ADULT:
        child = rows_for(case, use, "child")
        if child:
            return tuple(row for row in child if row.basis == "total")
    return tuple(row for row in rows_for(case, use, "adult") if row.basis == "total")


def widest(rows: Iterable[DoseLimit], unit: str, which: str) -> tuple[Decimal, DoseLimit] | None:
    """The greatest `single_max` or `daily_max` (as `which` names it) in this unit, with its row."""
    found = [
        (getattr(row, which), row) for row in rows if row.unit == unit and getattr(row, which) is not None
    ]
    return max(found, key=lambda pair: pair[0]) if found else None


def over(given: Amount | None, rows: Iterable[DoseLimit], which: str) -> Over | None:
    """How the amount exceeds the widest of the rows; None where it does not or cannot be compared."""
    if given is None:
        return None
    limit = widest(rows, given.unit, which)
    return Over(given, *limit) if limit and given.value > limit[0] else None


def graded(case: "Case", ingredient: str, found: Over) -> tuple[Severity, Release | None]:
    """Twice the limit stops (ten times, for a harmless drug), a high-alert drug stops at once; below that the
    prescriber may sign again.
    """
    alert = "high_alert" in case.ingredient(ingredient).flags
    release = None if found.ratio >= TWICE else Release.DOUBLE_SIGN
    stops = alert or found.ratio >= (TEN if found.row.wide else TWICE)
    return (Severity.CRITICAL if stops else Severity.MAJOR), release


def told(given: Amount) -> str:
    """An amount for people."""
    return f"{shown(given.value)} {given.unit}"


def facts(found: Over, what: str) -> dict[str, str]:
    """The evidence of an overdose."""
    evidence = {what: told(found.given), "limit": told(found.given._replace(value=found.limit))}
    return evidence | ({"note": found.row.note} if found.row.note else {})
