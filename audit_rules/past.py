"""Medicines the patient already has: from earlier prescriptions and from the list of current medications."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from audit_rules.dosing import Decoction
from audit_rules.items import Item, Reading, lasts, read_item
from audit_rules.quantities import Amount
from audit_rules.rx1 import Prescription

if TYPE_CHECKING:
    from audit_rules.catalogue import Catalogue

LOOK_BACK = timedelta(days=730)  # issued earlier than this says nothing about today
_ORDER = attrgetter("issued_at", "institution.code", "number")


class Past(NamedTuple):
    """One ingredient of an earlier line. `ends_on` is the first day it no longer covers; None = still taken.

    `since` is the first day it counts: the day of issue, or the day audited for what was issued later but meets
    the supply audited.
    """

    ingredient: str
    item: Item
    institution: str | None
    number: str | None
    line: int
    issued_on: date
    ends_on: date | None
    source: str  # history | current_medication
    single: Amount | None
    daily: Amount | None
    since: date

    @property
    def route(self) -> str | None:
        """Route code of its line."""
        return self.item.route

    @property
    def systemic(self) -> bool | None:
        """Whether it reaches the whole body; None = not known."""
        return self.item.systemic

    def open_on(self, day: date) -> bool:
        """Whether its supply covers that day."""
        return self.since <= day and (self.ends_on is None or day < self.ends_on)

    def days_since_end(self, day: date) -> int:
        """Days since its supply ended; 0 while it lasts."""
        return 0 if self.ends_on is None else max(0, (day - self.ends_on).days)

    @property
    def ref(self) -> dict[str, Any]:
        """Where it stands, as findings name it. A current medication has neither institution nor number."""
        return {"institution": self.institution, "number": self.number, "line": self.line}


def earlier(
    document: Prescription, history: Iterable[Prescription], until: datetime | None = None
) -> tuple[Prescription, ...]:
    """What of `history` was issued before the document (up to `until`, where given) and is not itself; of each
    prescription the last revision, in the order of issue.
    """
    if not history:
        return ()
    issued_at = document.issued_at
    if until is None:
        before = [other for other in history if other.issued_at < issued_at]
    else:
        before = [other for other in history if other.issued_at <= until]
    numbers = {other.number for other in before}
    if document.number in numbers or len(numbers) < len(before):
        before = _last_revisions(before, (document.institution.code, document.number))
    before.sort(key=_ORDER)
    return tuple(before)


def _last_revisions(documents: list[Prescription], itself: tuple[str, str]) -> list[Prescription]:
    last: dict[tuple[str, str], Prescription] = {}
    for other in documents:
        key = (other.institution.code, other.number)
        if key != itself and (key not in last or last[key].revision < other.revision):
            last[key] = other
    return list(last.values())


class Unread(NamedTuple):
    """An earlier line still in supply, or a current medication (`number` None), whose drug was not understood."""

    item: Item
    institution: str | None
    number: str | None


def read_past(
    document: Prescription, linked: Sequence[Prescription], catalogue: "Catalogue"
) -> tuple[tuple[Past, ...], tuple[Unread, ...]]:
    """All past ingredients within the look-back, and what of the past could not be understood.

    The document's own lines say until when a later prescription is concurrent.
    """
    if not linked and not document.patient.current_medications:
        return (), ()
    found: list[Past] = []
    unknown: list[Unread] = []
    since, today = document.issued_at - LOOK_BACK, document.issued_at.date()
    for other in linked:
        if other.issued_at >= since:
            day = other.issued_at.date()
            if day >= today and other.issued_at > document.issued_at and day >= _ends_on(document, catalogue):
                starts = day
            else:
                starts = min(day, today)
            _of_document(other, catalogue, (starts, today), found, unknown)
    for place, taken in enumerate(document.patient.current_medications or (), start=1):
        item, uses, *_ = read_item(taken, place, catalogue, None)
        if not uses:
            unknown.append(Unread(item, None, None))
        for use in uses:
            kind = "current_medication"
            found.append(
                Past(use.ingredient, item, None, None, place, today, None, kind, use.single, use.daily, today)
            )
    return tuple(found), tuple(unknown)


def _of_document(
    document: Prescription,
    catalogue: "Catalogue",
    days: tuple[date, date],
    found: list[Past],
    unknown: list[Unread],
) -> None:
    since, today = days
    issued_on, number, institution = document.issued_at.date(), document.number, document.institution.code
    decoction = Decoction.of(document)
    for raw in document.items:
        reading = read_item(raw, raw.line, catalogue, decoction)
        item, uses = reading.item, reading.uses
        ends_on = issued_on + _lasts(document, reading)
        if not uses and since <= today < ends_on:
            unknown.append(Unread(item, institution, number))
        for use in uses:
            found.append(
                Past(
                    use.ingredient,
                    item,
                    institution,
                    number,
                    item.line,
                    issued_on,
                    ends_on,
                    "history",
                    use.single,
                    use.daily,
                    since,
                )
            )


def _ends_on(document: Prescription, catalogue: "Catalogue") -> date:
    """The first day that the prescription no longer covers."""
    decoction = Decoction.of(document)
    readings = [read_item(raw, raw.line, catalogue, decoction) for raw in document.items]
    return document.issued_at.date() + max((_lasts(document, r) for r in readings), default=timedelta())


def _lasts(document: Prescription, reading: Reading) -> timedelta:
    decoction = reading.decoction
    if decoction and document.herbal and document.herbal.doses:
        return lasts(reading.item, document.herbal.doses / decoction.per_day)
    return reading.lasts
