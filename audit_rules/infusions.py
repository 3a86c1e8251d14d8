"""Lines that run into a vein, and how much they make up together."""

from decimal import Decimal

from audit_rules.case import Case
from audit_rules.items import Item
from audit_rules.lines import Lines
from audit_rules.memo import per_lines
from audit_rules.quantities import amount, measure

INTO_A_VEIN = frozenset({"intravenous", "intravenous_push", "intravenous_infusion", "intraosseous"})


@per_lines
def into_a_vein(case: Lines) -> tuple[Item, ...]:
    """Lines into a vein. A line without route goes the way of its infusion group, as solvents are often written."""
    groups = {item.group for item in case.items if item.group is not None and item.route in INTO_A_VEIN}
    return tuple(
        item
        for item in case.items
        if item.route in INTO_A_VEIN or (item.route is None and item.group in groups)
    )


def together_with(case: Case | Lines, item: Item) -> tuple[Item, ...]:
    """The lines of its infusion group, itself included; alone where it has no group."""
    if item.group is None:
        return (item,)
    return tuple(other for other in into_a_vein(case) if other.group == item.group)


def millilitres(case: Case | Lines, item: Item) -> Decimal | None:
    """The volume a line is written with; None where its dose is no volume."""
    dose = item.raw.dose
    if dose is None or dose.value is None or dose.value <= 0:
        return None
    found = measure(dose.unit, case.catalogue.units)
    if found is None or found.per is not None or found.unit.base != "mL":
        return None
    return amount(dose.value, found.unit).value


def hours(case: Case | Lines, item: Item) -> Decimal | None:
    """Over how long a line is to run (`per`), in hours; None where nothing is written or it is no time."""
    per = item.raw.per
    if per is None or per.value is None or per.value <= 0 or not per.unit:
        return None
    factor = HOURS.get(per.unit.strip().lower())
    return per.value * factor if factor is not None else None


HOURS = {
    "h": Decimal(1), "hr": Decimal(1), "hour": Decimal(1), "hours": Decimal(1), "小时": Decimal(1), "时": Decimal(1),
    "min": Decimal(1) / 60, "minute": Decimal(1) / 60, "minutes": Decimal(1) / 60, "分钟": Decimal(1) / 60,
    "分": Decimal(1) / 60, "d": Decimal(24), "day": Decimal(24), "天": Decimal(24),
}  # fmt: skip
