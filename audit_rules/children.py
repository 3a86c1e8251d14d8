"""Doses by weight and by body surface: what the limit is for this patient, and what is not known of them."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from audit_rules.items import Use
from audit_rules.knowledge.dose_rows import DoseLimit, HeavyChild
from audit_rules.limits import Over
from audit_rules.memo import per_line
from audit_rules.quantities import Amount

if TYPE_CHECKING:
    from audit_rules.case import Case
    from audit_rules.catalogue import Catalogue

LARGE_SURFACE = Decimal("2.5")  # m2: what hardly any patient exceeds


class Body(NamedTuple):
    """What the limit is multiplied with; `known` False = an upper bound taken for want of a measurement."""

    factor: Decimal
    known: bool
    text: str


def weight(case: "Case") -> Body | None:
    """The weight, else that of a heavy child of this age; None above the table's ages."""
    if case.patient.weight_kg is not None:
        return Body(case.patient.weight_kg, True, f"{case.patient.weight_kg} kg")
    rows: tuple[HeavyChild, ...] = case.catalogue.table("weights")
    older = [row for row in rows if row.age_days >= case.patient.age_days]
    return Body(older[0].kg, False, f"<= {older[0].kg} kg (97th centile of this age)") if older else None


def surface(case: "Case") -> Body:
    """The body surface by Mosteller, else a large one."""
    if case.patient.bsa is not None:
        return Body(case.patient.bsa, True, f"{case.patient.bsa} m2 (Mosteller)")
    return Body(LARGE_SURFACE, False, f"<= {LARGE_SURFACE} m2 (height or weight missing)")


def over_body(use: Use, rows: Iterable[DoseLimit], body: Body) -> tuple[Over, str] | None:
    """The worst excess of the single or daily dose over limits per kg or m2, with which of the two it is."""
    found: list[tuple[Over, str]] = []
    for which, given in (("single", use.single), ("daily", use.daily)):
        limits = [(_limit(row, which, body.factor), row) for row in rows if given and row.unit == given.unit]
        known = [(limit, row) for limit, row in limits if limit is not None]
        if given is None or not known:
            continue
        limit, row = max(known, key=lambda pair: pair[0])
        if given.value > limit:
            found.append((Over(given, limit, row), which))
    return max(found, key=lambda pair: pair[0].ratio) if found else None


def _limit(row: DoseLimit, which: str, factor: Decimal) -> Decimal | None:
    per: Decimal | None = getattr(row, f"{which}_max")
    cap: Decimal | None = getattr(row, f"{which}_cap")
    if per is None:
        return cap
    return per * factor if cap is None else min(per * factor, cap)


@per_line
def safe_from(use: Use, catalogue: "Catalogue") -> Decimal | None:
    """The weight from which the doses of a line exceed no limit by weight of its drug and route, whatever the age and
    disease; None = some limit is exceeded at every weight.
    """
    safe = Decimal(0)
    for row in catalogue.table("doses").get(use.ingredient, ()):
        if row.basis != "kg":
            continue
        for given, per, cap in (
            (use.single, row.single_max, row.single_cap),
            (use.daily, row.daily_max, row.daily_cap),
        ):
            if given is None or given.unit != row.unit:
                continue
            if (cap is not None and given.value > cap) or per == 0:
                return None
            safe = max(safe, given.value / per if per else safe)
    return safe


def within(case: "Case", use: Use) -> bool:
    """Whether the weight alone tells that no limit by weight is exceeded: a quick yes before the rows are read."""
    kg, least = case.patient.weight_kg, safe_from(use, case.catalogue)
    return kg is not None and least is not None and kg >= least


def per_body(given: Amount, body: Body, basis: str) -> str:
    """The dose per kg or m2, for people."""
    return f"{round(given.value / body.factor, 2)} {given.unit}/{basis}"
