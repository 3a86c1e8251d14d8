"""What the patient takes or just took, seen as one list: lines of this prescription and earlier supply."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple

from audit_rules.case import Case
from audit_rules.items import Item, Use
from audit_rules.knowledge.interaction_rows import LONGEST_WASHOUT
from audit_rules.memo import per_case, per_lines_or_case
from audit_rules.past import Past
from audit_rules.quantities import Amount
from audit_rules.report import Text
from audit_rules.together import daily_of

WASHOUT = timedelta(days=LONGEST_WASHOUT)


class Taken(NamedTuple):
    """One ingredient of one line, now (`past` None) or earlier. `days_over` = days since its supply ended."""

    ingredient: str
    item: Item
    daily: Amount | None
    line: int | None
    past: Past | None = None
    days_over: int = 0

    @property
    def ref(self) -> dict[str, Any] | None:
        """Where it stands in the history; None for a line of this prescription."""
        return self.past.ref if self.past else None

    @property
    def evidence(self) -> dict[str, str]:
        """When earlier supply was issued and how long it lasts."""
        if self.past is None:
            return {}
        if self.past.source == "current_medication":
            return {f"taken_{self.ingredient}": "current_medications"}
        until = self.past.ends_on.isoformat() if self.past.ends_on else "open"
        return {f"supplied_{self.ingredient}": f"{self.past.issued_on.isoformat()} / {until}"}


def now(use: Use, case: Case) -> Taken:
    """A line of this prescription; its daily amount is that of all lines of the drug that add up."""
    return Taken(use.ingredient, use.item, daily_of(case, use), use.line)


def before(past: Past, case: Case) -> Taken:
    """Earlier supply."""
    return Taken(past.ingredient, past.item, past.daily, None, past, past.days_since_end(case.issued_on))


def several(case: Case) -> bool:
    """Whether there is more than one ingredient to compare, today's and earlier ones."""
    return len(case.uses) > 1 or case.has_past


@per_lines_or_case
def current(case: Case) -> tuple[Taken, ...]:
    """The lines of this prescription, by ingredient."""
    return tuple([now(use, case) for use in case.uses])


@per_case
def others(case: Case) -> tuple[Taken, ...]:
    """Other supply, still open or over for no longer than a washout: of each ingredient what lasts longest."""
    if not case.has_past:
        return ()
    longest: dict[str, Past] = {}
    today, since = case.issued_on, case.issued_on - WASHOUT
    for past in case.past:
        ends_on = past.ends_on
        if past.since > today or (ends_on is not None and ends_on < since):
            continue
        known = longest.get(past.ingredient)
        if known is None or ends_on is None or (known.ends_on is not None and ends_on >= known.ends_on):
            longest[past.ingredient] = past
    return tuple([before(past, case) for past in longest.values()])


def past_text(case: Case, sides: Iterable[Taken]) -> Text:
    """Where the earlier drugs of a finding come from, to append to its message; empty when all are of today."""
    earlier = [side.past for side in sides if side.past]
    if not earlier:
        return Text("", "")
    said = dict.fromkeys([_where(past, case) for past in earlier])
    zh = "；".join(dict.fromkeys([text.zh for text in said]))
    en = "; ".join(dict.fromkeys([text.en for text in said]))
    return Text(f"（{zh}）", f" ({en})")


def _where(past: Past, case: Case) -> Text:
    name = case.ingredient(past.ingredient).zh or past.ingredient
    if past.source == "current_medication":
        return Text(f"{name}为目前用药", f"{past.ingredient} is taken now")
    day, place = past.issued_on.isoformat(), past.institution
    return Text(f"{name}由{place}于{day}开具", f"{past.ingredient} was issued by {place} on {day}")
