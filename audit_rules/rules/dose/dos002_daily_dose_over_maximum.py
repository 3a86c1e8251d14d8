"""The day's total of one ingredient above what the label allows."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from audit_rules.case import Case
from audit_rules.causes import daily_cause, dose_cause
from audit_rules.items import Use
from audit_rules.limits import Over, facts, graded, over, told, totals
from audit_rules.line_doses import daily_above
from audit_rules.past import Past
from audit_rules.quantities import Amount, shown
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.slips import slipped
from audit_rules.turns import in_turn
from audit_rules.wording import named

SYSTEMIC = frozenset({"oral", "parenteral", "rectal"})
BEING_REPLACED = 7  # days: earlier supply that ends within them is taken to end now


class Whole(NamedTuple):
    """What adds up in one day: lines of this prescription, earlier supply, and their sum."""

    uses: tuple[Use, ...]
    past: tuple[Past, ...]
    sum: Amount


@rule(
    id="DOS002",
    title=Text("日剂量超过上限", "Daily dose above the maximum"),
    category="dose",
    severity=Severity.MAJOR,
    sources=("cn-audit-dose",),
    refs=("CN-APP-004", "CN-NRM-014"),
    ingredients=lambda catalogue: frozenset(catalogue.table("doses")),
    line=daily_above,
    repeats=True,
)
def daily_dose_over_maximum(case: Case) -> Iterator[Hit | Gap]:
    """The sum of one ingredient in a day above the label's maximum: over lines, compounds and earlier supply.

    Earlier supply counts while it lasts and only where it is another product (paracetamol in a cold remedy beside
    paracetamol tablets); the same product issued twice is a duplicate, not a dose. Doses as needed without a limit
    and once-only doses beside a regular line do not add up, nor do lines that follow one another (a loading dose, a taper).

    Why it matters: paracetamol from three products harms the liver though each line looks right.
    What to do: drop one source, or lower the dose so that the sum stays below the maximum.
    """
    for ingredient in dict.fromkeys(use.ingredient for use in case.uses):
        for uses in _that_add_up(case, case.uses_of(ingredient)):
            whole = _whole(case, uses)
            rows = [row for use in uses for row in totals(case, use)]
            found = over(whole.sum, rows, "daily_max") if whole else None
            if whole and found and not any(slipped(case, use) for use in whole.uses):
                yield _hit(case, ingredient, whole, found)


def _that_add_up(case: Case, uses: Sequence[Use]) -> Iterator[tuple[Use, ...]]:
    """Lines that follow one another stand alone."""
    for kind in _by_kind(uses):
        if len(kind) > 1 and in_turn(case, kind):
            yield from ((use,) for use in kind)
        else:
            yield kind


def _by_kind(uses: Sequence[Use]) -> Iterator[tuple[Use, ...]]:
    """Oral, injected and rectal doses add up; every other way of giving stands alone."""
    kinds: dict[str | None, tuple[Use, ...]] = {}
    for use in uses:
        group = use.item.route_group
        kind = "systemic" if group in SYSTEMIC or group is None else group
        kinds[kind] = (*kinds.get(kind, ()), use)
    yield from kinds.values()


def _whole(case: Case, uses: tuple[Use, ...]) -> Whole | None:
    regular = [u for u in uses if u.daily and not (u.item.frequency and u.item.frequency.once)]
    counted = regular or [u for u in uses if u.daily][:1]
    if not counted or counted[0].daily is None:
        return None
    unit = counted[0].daily.unit
    past = _other_products(case, counted[0], unit)
    amounts = [u.daily.value for u in counted if u.daily and u.daily.unit == unit]
    amounts += [p.daily.value for p in past if p.daily]
    return Whole(tuple(counted), past, Amount(sum(amounts, Decimal(0)), unit))


def _other_products(case: Case, use: Use, unit: str) -> tuple[Past, ...]:
    earlier = case.open_past_of(use.ingredient)
    if not earlier or use.item.route_group not in SYSTEMIC:
        return ()
    today = {frozenset(u.item.ingredients) for u in case.uses_of(use.ingredient)}
    found: dict[frozenset[str], Past] = {}
    for past in earlier:
        made_of = frozenset(past.item.ingredients)
        if made_of not in today and _adds(case, past, unit):
            found[made_of] = past  # oldest first, so the newest issue of a product stays
    return tuple(found.values())


def _adds(case: Case, past: Past, unit: str) -> bool:
    if past.daily is None or past.daily.unit != unit or past.item.as_needed:
        return False
    left = (past.ends_on - case.issued_on).days if past.ends_on else None
    return past.item.route_group in SYSTEMIC and (left is None or left > BEING_REPLACED)


def _causes(case: Case, whole: Whole, found: Over) -> tuple[str, ...]:
    """The lines that are too much by themselves; none where only the sum is. A line whose single dose is right is
    given too often.
    """
    causes: list[str] = []
    for use in whole.uses:
        if use.daily is not None and use.daily.value > found.limit:
            causes.append(dose_cause(use.line, use.ingredient))
            if over(use.single, totals(case, use), "single_max") is None:
                causes.append(daily_cause(use.line, use.ingredient))
    return tuple(causes)


def _hit(case: Case, ingredient: str, whole: Whole, found: Over) -> Hit:
    severity, release = graded(case, ingredient, found)
    drug, limit = named(case, (ingredient,)), told(found.given._replace(value=found.limit))
    lines = tuple(use.line for use in whole.uses)
    parts = [f"line {use.line}: {told(use.daily)}" for use in whole.uses if use.daily]
    parts += [f"{p.number or p.source}: {told(p.daily)}" for p in whole.past if p.daily]
    several = len(parts) > 1
    return Hit(
        lines=lines,
        drugs=(ingredient,),
        message=Text(
            f"{drug.zh}每日{'合计' if several else ''}{told(found.given)}，超过每日上限{limit}",
            f"{drug.en}: {told(found.given)} a day{' in all' if several else ''}; the maximum is {limit}",
        ),
        action=Text(
            f"{'停用其中一种来源或' if several else ''}减至每日不超过{limit}；确需超量须注明理由并再次签字",
            f"{'drop one source, or ' if several else ''}give no more than {limit} a day; if more is meant, state why"
            " and sign again",
        ),
        evidence=facts(found, "daily") | {"ratio": shown(found.ratio), "sum_of": "; ".join(parts)},
        severity=severity,
        release=release,
        history=tuple(past.ref for past in whole.past),
        sources=(found.row.source,),
        cause=_causes(case, whole, found) or None,
    )
