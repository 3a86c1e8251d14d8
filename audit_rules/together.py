"""Lines of one drug that are taken together count as one dose: two tablets on one line, or one on each of two. Lines
that follow one another (see turns.py) do not add up.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from audit_rules.items import Use
from audit_rules.memo import per_lines_or_case
from audit_rules.quantities import Amount
from audit_rules.turns import in_turn

if TYPE_CHECKING:
    from audit_rules.case import Case
    from audit_rules.lines import Lines

SYSTEMIC = frozenset({"oral", "parenteral", "rectal"})


@per_lines_or_case
def at_once(case: "Case") -> tuple[Use, ...]:
    """The uses of the prescription; those of one drug by one route at the same times of day as one, with the sums.

    Doses as needed and doses given once stand alone: they are not meant for the same moment.
    """
    return _merged(case, _moment)


@per_lines_or_case
def in_a_day(case: "Case") -> tuple[Use, ...]:
    """The uses of the prescription; regular ones of one drug that add up in a day as one, with the sums."""
    return _merged(case, _day)


def way(use: Use) -> str | None:
    """Oral, injected and rectal doses add up; every other way of giving stands alone."""
    group = use.item.route_group
    return "systemic" if group in SYSTEMIC or group is None else group


def _moment(use: Use) -> Any:
    item = use.item
    if item.frequency is None or item.frequency.once or item.as_needed or use.single is None:
        return None
    return use.ingredient, item.route, item.frequency.code, use.single.unit


def _day(use: Use) -> Any:
    item = use.item
    once = item.frequency is not None and item.frequency.once
    return None if use.daily is None or once else (use.ingredient, way(use), use.daily.unit)


def _merged(case: "Case", key_of: Callable[[Use], Any]) -> tuple[Use, ...]:
    uses = case.uses
    if not case.lines.repeats:
        return uses
    groups: dict[Any, list[Use]] = {}
    for place, use in enumerate(uses):
        key = key_of(use)
        groups.setdefault(place if key is None else key, []).append(use)
    return tuple([use for group in groups.values() for use in _added(case, group)])


def _added(case: "Case", group: list[Use]) -> list[Use]:
    return group if len(group) == 1 or in_turn(case, tuple(group)) else [_sum(group)]


def _sum(group: list[Use]) -> Use:
    first = group[0]
    single, daily = (_total([getattr(use, which) for use in group]) for which in ("single", "daily"))
    others = tuple(use.line for use in group[1:])
    return Use(first.item, first.ingredient, single, daily, first.why_no_dose, first.why_no_daily, others)


def _total(amounts: Iterable[Amount | None]) -> Amount | None:
    """The sum; None where one is not known or they are of different units."""
    known = [amount for amount in amounts if amount is not None]
    if not known or len({amount.unit for amount in known}) > 1:
        return known[0] if known else None
    return Amount(sum((amount.value for amount in known), Decimal(0)), known[0].unit)


def daily_of(case: "Case | Lines", use: Use) -> Amount | None:
    """What all lines of the drug that add up with this one give in a day."""
    return _daily(case).get((use.line, use.ingredient), use.daily)


@per_lines_or_case
def _daily(case: "Case") -> dict[tuple[int, str], Amount | None]:
    found = [use for use in in_a_day(case) if use.others]
    return {(line, use.ingredient): use.daily for use in found for line in use.lines}
