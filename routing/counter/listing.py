"""The counter's lists: asked of me, held by me, owed by me, handed over today. A fixed number of queries, however many."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Prefetch, QuerySet
from django.utils import timezone

from routing import reasons, transferring
from routing.admin_releasing import in_language
from routing.models import CancelRequest, Claim, Dispense, Offer, Order, OrderLine, Transfer
from routing.pickup.words import UNITS, word
from routing.states import OrderState
from routing.supplying import done
from rxcenter.prescriptions.states import State

MOST = 100
# What no list shows
HEAVY = ("prescription__sealed", "code_sealed", "ranking", "why_not")


@dataclass(frozen=True, slots=True)
class Asked:
    """An offer, or an order that another dispenser wants to pass on (`sender`)."""

    pk: int
    order: Order
    drugs: list[str]
    until: datetime | None
    left: int | None  # seconds until then, by the server's clock
    new: bool = False
    stock: str = ""
    sender: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Mine:
    """An order held here."""

    claim: Claim
    order: Order
    drugs: list[str]
    lease_left: int | None
    cancel: CancelRequest | None
    cancel_left: int | None
    cancel_why: str
    passing_to: str


@dataclass(frozen=True, slots=True)
class Owed:
    """What is left of one line of an order of which something was handed over."""

    claim: Claim
    order: Order
    drug: str
    due: datetime | None
    late: bool


@dataclass(frozen=True, slots=True)
class Given:
    """A hand-over of today. `newest`: it can be corrected."""

    dispense: Dispense
    drugs: list[str]
    newest: bool


def offers(me: str, *, at: datetime) -> list[Asked]:
    """My pending offers, those that end first in front."""
    rows = Offer.objects.filter(
        dispenser=me,
        state=Offer.State.PENDING,
        order__expires_at__gt=at,
        order__prescription__state=State.APPROVED,
    ).order_by(F("due_at").asc(nulls_last=True), "pk")
    found = rows.prefetch_related(Prefetch("order", queryset=_orders()))[:MOST]
    return [
        Asked(
            pk=row.pk,
            order=row.order,
            drugs=drugs(row.order),
            until=row.due_at,
            left=seconds(row.due_at, at),
            new=row.acked_at is None,
            stock=row.stock and str(Offer.Stock(row.stock).label),
        )
        for row in found
    ]


def transfers(me: str, *, at: datetime) -> list[Asked]:
    """What other dispensers want to pass on to me, oldest first."""
    rows = Transfer.objects.filter(to=me, state=Transfer.State.PENDING).order_by("pk")
    found = rows.select_related("claim__dispenser__institution").prefetch_related(
        Prefetch("claim__order", queryset=_orders())
    )
    return [
        Asked(
            pk=row.pk,
            order=row.claim.order,
            drugs=drugs(row.claim.order),
            until=transferring.answer_by(row),
            left=seconds(transferring.answer_by(row), at),
            sender=str(row.claim.dispenser),
            why=in_language(reasons.RETURN[row.reason]),
        )
        for row in found[:MOST]
    ]


def claims(me: str, *, at: datetime) -> list[Mine]:
    """What is held here, what waits longest in its state first; cancels above everything."""
    asked = CancelRequest.objects.filter(outcome=CancelRequest.Outcome.WAITING)
    orders = _orders().prefetch_related(Prefetch("cancel_requests", asked, to_attr="asked_back"))
    passing = Transfer.objects.filter(state=Transfer.State.PENDING).select_related("to__institution")
    rows = Claim.objects.filter(dispenser=me, state=Claim.State.OPEN).prefetch_related(
        Prefetch("order", orders), Prefetch("transfers", passing, to_attr="passing")
    )
    found = [_mine(row, at) for row in rows.order_by("order__state_since", "pk")[: 2 * MOST]]
    return sorted(found, key=lambda m: m.cancel is None)


def _mine(claim: Claim, at: datetime) -> Mine:
    order = claim.order
    asked: list[CancelRequest] = order.asked_back  # type: ignore[attr-defined]
    passing: list[Transfer] = claim.passing  # type: ignore[attr-defined]
    cancel = asked[0] if asked else None
    return Mine(
        claim=claim,
        order=order,
        drugs=drugs(order),
        lease_left=seconds(claim.lease_until, at),
        cancel=cancel,
        cancel_left=seconds(cancel.decide_by, at) if cancel else None,
        cancel_why=in_language(reasons.CANCEL[cancel.reason]) if cancel else "",
        passing_to=str(passing[0].to) if passing else "",
    )


def owings(held: Iterable[Mine], *, at: datetime) -> list[Owed]:
    """The lines still owed, what is due first in front."""
    found = [
        Owed(
            mine.claim,
            mine.order,
            drug(line, _names(mine.order)),
            line.owed_until,
            line.owed_until is not None and line.owed_until <= at,
        )
        for mine in held
        if mine.order.state == OrderState.PARTLY_SUPPLIED
        for line in mine.order.lines.all()
        if not done(line)
    ]
    return sorted(found, key=lambda o: (o.due is None, o.due))


def given(me: str, *, at: datetime) -> list[Given]:
    """Hand-overs recorded today, the newest first."""
    today = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    later = Dispense.objects.filter(
        order=OuterRef("order"), withdrawn_at=None, replaced_by=None, recorded_at__gt=OuterRef("recorded_at")
    )
    rows = (
        Dispense.objects.filter(claim__dispenser=me, recorded_at__gte=today)
        .select_related("claim", "replaced_by")
        .prefetch_related(Prefetch("order", _orders()))
        .annotate(followed=Exists(later))
        .order_by("-recorded_at")
    )
    return [
        Given(row, [_recorded(part, _names(row.order)) for part in row.lines], _newest(row))
        for row in rows[:MOST]
    ]


def _newest(row: Any) -> bool:
    standing = row.withdrawn_at is None and not hasattr(row, "replaced_by")
    return standing and not row.followed and not row.claim.reason


def drugs(order: Order) -> list[str]:
    """The order's own lines with what is left of them."""
    names = _names(order)
    return [drug(line, names) for line in sorted(order.lines.all(), key=lambda n: n.line) if not done(line)]


def drug(line: OrderLine, names: dict[int, str]) -> str:
    left = "" if line.remaining is None else f" × {number(line.remaining)} {word(UNITS, line.unit)}".rstrip()
    return f"{names.get(line.line, '?')}{left}"


def number(value: Any) -> str:
    return "" if value is None else f"{value.normalize():f}"


def seconds(until: datetime | None, at: datetime) -> int | None:
    return None if until is None else int((until - at).total_seconds())


def _recorded(part: dict[str, Any], names: dict[int, str]) -> str:
    name = names.get(part["line"], "?")
    return f"{name} × {part['quantity']}" if part["quantity"] else name


def _names(order: Order) -> dict[int, str]:
    named = order.prescription.document["items"]
    return {i["line"]: i["drug"].get("name") or i["drug"].get("code") or "?" for i in named}


def _orders() -> QuerySet[Order]:
    rows = Order.objects.select_related("prescription", "institution").defer(*HEAVY)
    return rows.prefetch_related("lines")
