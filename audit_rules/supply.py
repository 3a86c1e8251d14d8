"""What is left of earlier supplies of the same ingredient when a new one is written."""

from typing import TYPE_CHECKING

from audit_rules.memo import per_case
from audit_rules.past import Past

if TYPE_CHECKING:
    from audit_rules.case import Case
    from audit_rules.items import Use

WINDOW_DAYS = 7  # a refill may be issued this many days early, or while a quarter of the supply is left
WINDOW_SHARE = 4
SHORT_DAYS = 14  # of a supply up to this long, the refill window is half of it
SHORT_SHARE = 2
SHORT_LEAST = 3


@per_case
def in_supply(case: "Case") -> dict[str, tuple[tuple["Use", Past], ...]]:
    """By ingredient, the uses of the prescription with the earlier supplies of which much is left.

    Much is more than 7 days and more than a quarter; of a supply of two weeks or less, three days and more than a half.
    Drugs taken when needed, local forms beside systemic ones, pieces and what is meant to be given in parts do not count.
    """
    found: dict[str, tuple[tuple[Use, Past], ...]] = {}
    if not case.open_past:
        return found
    intended = case.catalogue.table("duplicate_pairs")
    for key in dict.fromkeys(use.ingredient for use in case.uses):
        if (key, key) in intended or case.ingredient(key).kind == "piece":
            continue
        pairs = tuple((use, past) for use in case.uses_of(key) for past in _left(case, use))
        if pairs:
            found[key] = pairs
    return found


def days_left(case: "Case", past: Past) -> int:
    """Days that a supply still covers on the day of issue; 0 where its end is not known."""
    return (past.ends_on - case.issued_on).days if past.ends_on else 0


def _left(case: "Case", use: "Use") -> tuple[Past, ...]:
    return tuple(
        past
        for past in case.open_past_of(use.ingredient)
        if past.source == "history" and not past.item.as_needed and _same_way(use, past) and _much(case, past)
    )


def _same_way(use: "Use", past: Past) -> bool:
    return past.systemic == use.systemic and (
        bool(past.systemic) or past.item.route_group == use.item.route_group
    )


def _much(case: "Case", past: Past) -> bool:
    if past.ends_on is None:
        return False
    left, whole = days_left(case, past), (past.ends_on - past.issued_on).days
    if whole <= SHORT_DAYS and left >= SHORT_LEAST and left * SHORT_SHARE > whole:
        return True
    return left > WINDOW_DAYS and left * WINDOW_SHARE > whole
