"""What the pickup page shows: first where and until when, after the second factor which medicines and how far each is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import get_language

from routing import hours, stocking, tracking, weighing
from routing.choose import Stock, rank_pool
from routing.eligible import Way, why_not
from routing.models import Claim, DispenseDraft, Dispenser, Offer, Order, OrderLine
from routing.nominating import CHOOSABLE
from routing.offering import need_of
from routing.pickup.entering import Visit, patient
from routing.pickup.words import HOW_OFTEN, ROUTES, UNITS, word
from routing.register import pool
from routing.sealed_codes import opened
from routing.states import TERMINAL, OrderState
from routing.supplying import status
from routing.tracking import REASONS, Seen, Status

REACHED = {
    Status.WITH_PHARMACY: 2, Status.DELAYED: 2, Status.READY: 3, Status.READY_PARTIAL: 3, Status.DISPATCHED: 3,
    Status.DISPATCHED_PARTIAL: 3, Status.COLLECTED: 4,
}  # fmt: skip

PURPOSE = "the patient's pickup page"


class Place(NamedTuple):
    """A dispenser as a patient needs it."""

    code: str
    name: str
    phone: str
    address: str
    open_text: str
    stock: str = ""
    distance_km: str = ""
    insurance: bool = False


class Line(NamedTuple):
    """One medicine."""

    name: str
    how: str
    quantity: str
    status: str
    seen: Seen
    owed_until: datetime | None
    why: str
    prepared: str = ""  # how much of it is being prepared, as the holder said early


@dataclass(frozen=True, slots=True)
class Part:
    """One order of the prescription as its page shows it."""

    order: Order
    seen: Seen
    why: str
    reached: int  # 1 checked, 2 being prepared, 3 ready or on its way, 4 collected
    place: Place | None
    code: str | None  # None once nothing can be collected with it
    lines: Sequence[Line]
    choosable: bool
    cancel_pending: bool


def parts(visit: Visit, *, at: datetime) -> list[Part]:
    """The orders of a visit, those still to be collected first."""
    rows = (
        Order.objects.filter(pk__in=visit.orders)
        .select_related("prescription")
        .order_by("issue", "created_at")
    )
    made = [_part(order, visit.known, at) for order in rows]
    return sorted(made, key=lambda p: p.order.state in TERMINAL)


def choices(order: Order, *, at: datetime) -> list[Place]:
    """Dispensers that may fill it, best first: those of the pool and the institution's own pharmacy."""
    document, need = order.prescription.document, need_of(order, order.prescription)
    able = [c for c in pool() if not why_not(c, need, Way.NOMINATED)]
    standings = weighing.standings([c.code for c in able], document, order.institution_id, at=at)
    ranked = rank_pool(need, able, standings)
    rows = {
        r.pk: r
        for r in Dispenser.objects.filter(pk__in=[r.code for r in ranked]).select_related("institution")
    }
    found = []
    for place in ranked:
        far = place.standing.distance_km if place.standing else None
        stock = place.standing.stock if place.standing else Stock.UNKNOWN
        found.append(
            _place(rows[place.code], at)._replace(
                stock=stock.name.lower(), distance_km="" if far is None else f"{far:.1f}"
            )
        )
    return found


def _part(order: Order, known: bool, at: datetime) -> Part:
    updates = list(order.tracking.all())
    seen = tracking.seen(order, updates, at=at)
    draft = DispenseDraft.objects.filter(claim__order=order, claim__state=Claim.State.OPEN).first()
    if draft and not seen.expected_at:
        seen = seen._replace(expected_at=draft.expected_at)
    return Part(
        order=order,
        seen=seen,
        why=_why(seen.reason),
        reached=REACHED.get(seen.status, 1),
        place=_where(order, at),
        code=None if order.state in TERMINAL else opened(order, by=patient(order), purpose=PURPOSE, at=at),
        lines=_lines(order, updates, draft, at) if known else (),
        choosable=known and order.state in CHOOSABLE and order.expires_at > at,
        cancel_pending=order.cancel_requested,
    )


def _where(order: Order, at: datetime) -> Place | None:
    """The holder, else whoever is asked now, else who handed it over."""
    held = Claim.objects.filter(order=order).order_by("-seq").first()
    if held and (held.state == Claim.State.OPEN or order.state == OrderState.COMPLETED):
        code = held.dispenser_id
    else:
        asked = Offer.objects.filter(order=order, state=Offer.State.PENDING).first()
        if asked is None:
            return None
        code = asked.dispenser_id
    row = Dispenser.objects.select_related("institution").get(pk=code)
    stock = stocking.declared([code], stocking.wanted(order.prescription.document), at=at)[code]
    return _place(row, at)._replace(stock=stock.name.lower())


def _place(row: Dispenser, at: datetime) -> Place:
    local = timezone.localtime(at)
    today = row.hours.get(hours.DAYS[local.weekday()], []) if row.hours else []
    if local.date() in weighing.closed_days([row.pk], at)[row.pk]:
        today = []
    text = ", ".join(f"{first}–{last}" for first, last in today)
    return Place(row.pk, row.institution.name, row.phone, row.address, text, insurance=row.insurance)


def _lines(order: Order, updates: Sequence[Any], draft: DispenseDraft | None, at: datetime) -> list[Line]:
    items = {item["line"]: item for item in order.prescription.document["items"]}
    said = {row["line"]: row["quantity"] or "" for row in draft.lines} if draft else {}
    rows = OrderLine.objects.filter(order=order).order_by("line")
    found = [_line(items[row.line], row, tracking.seen(order, updates, at=at, line=row.line)) for row in rows]
    return [line._replace(prepared=said.get(row.line, "")) for line, row in zip(found, rows, strict=True)]


def _line(item: dict[str, Any], row: OrderLine, seen: Seen) -> Line:
    drug = item.get("drug") or {}
    amount = (
        "" if row.authorised is None else f"{row.authorised.normalize():f} {word(UNITS, row.unit)}".strip()
    )
    return Line(
        name=drug.get("name") or drug.get("code") or "",
        how=how_to_take(item),
        quantity=amount,
        status=status(row),
        seen=seen,
        owed_until=row.owed_until,
        why=_why(row.not_supplied or seen.reason),
    )


def how_to_take(item: dict[str, Any]) -> str:
    """Dose, route and frequency in plain words; what no table knows stays as the prescriber wrote it."""
    dose = item.get("dose") or {}
    value = dose.get("value")
    said = [
        "" if value is None else f"{value} {word(UNITS, dose.get('unit') or '')}".strip(),
        word(ROUTES, item.get("route") or ""),
        word(HOW_OFTEN, item.get("frequency") or ""),
        str(item.get("instructions") or ""),
    ]
    return " · ".join(part for part in said if part)


def _why(code: str) -> str:
    if not code or code not in REASONS:
        return ""
    words = REASONS[code]
    return words.en if get_language() == "en" else words.zh
