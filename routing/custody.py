"""The one writer of an order's state. Lock order everywhere: prescription, order, line, ledger."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from routing.models import Order, OrderLine
from routing.states import MOVES, TERMINAL, Move, OrderState
from rxcenter.accounts.roles import Actor
from rxcenter.errors import Forbidden, ReasonNeeded, Words, WrongState
from rxcenter.ledger.recording import joined, record
from rxcenter.prescriptions.lifecycle import lock
from rxcenter.prescriptions.models import Prescription


@dataclass(frozen=True, slots=True)
class Taken:
    """One wanted move of an order.

    `body` goes into the event (ids and codes only), `dispensers` are codes whose streams get a copy,
    `changes` are further columns written by the same UPDATE.
    """

    move: str
    reason: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    dispensers: Sequence[str] = ()
    changes: Mapping[str, Any] = field(default_factory=dict)


def lock_order(prescription: UUID, order: UUID, also: Sequence[str] = ()) -> tuple[Prescription, Order]:
    """Lock both rows in the protocol's order and read them as they now are; `also`: see lifecycle.lock."""
    row = lock([prescription], also)[prescription]
    return row, Order.objects.select_for_update().get(pk=order)


def in_lock_order(orders: Iterable[UUID]) -> list[Order]:
    """Orders in the sequence in which one transaction may lock several: by prescription, then by id. Not locked yet."""
    return list(Order.objects.filter(pk__in=list(orders)).order_by("prescription_id", "pk"))


@dataclass(frozen=True, slots=True)
class Draft:
    """A new order with its lines and its first move: offered, opened or unroutable."""

    order: Order
    lines: Sequence[OrderLine]
    first: Taken | None  # None: scheduled, its window is not open yet


def create_orders(drafts: Sequence[Draft], *, by: Actor, at: datetime) -> None:
    """Write new orders, their lines and their first moves, many in a few statements."""
    for draft in drafts:
        order, first = draft.order, draft.first
        order.state, order.state_since = OrderState.SCHEDULED, at
        _record(order, "created", OrderState.SCHEDULED, Taken("created", body=_part_of(order)), by, at)
        if first is not None:
            allowed = _allowed(first, by)
            _record(order, first.move, allowed.after, first, by, at)
            order.state = allowed.after
    Order.objects.bulk_create([d.order for d in drafts])
    OrderLine.objects.bulk_create([line for d in drafts for line in d.lines])


def move_order(order: Order, taken: Taken, *, by: Actor, at: datetime) -> Order:
    """Take one step by a conditional UPDATE and write it down; `order` is refreshed in place.

    The UPDATE asks for the state and the fence that the caller saw, so of two writers one finds nothing to change.
    Raises Forbidden (wrong role), ReasonNeeded, WrongState; then nothing has changed.
    """
    allowed = _allowed(taken, by)
    # What has moved stands on the supervisor's list no longer
    changes = {"stale": False, **taken.changes}
    with joined():
        changed = Order.objects.filter(
            pk=order.pk, state__in=allowed.before, claim_seq=order.claim_seq
        ).update(state=allowed.after, state_since=at, **changes)
        if not changed:
            raise wrong_state(Order.objects.only("state").get(pk=order.pk), taken.move)
        _record(order, taken.move, allowed.after, taken, by, at)
        if allowed.after in TERMINAL:
            OrderLine.objects.filter(order=order, live=True).update(live=False)
        elif order.state in TERMINAL:  # a correction brings it back (T19, T20)
            OrderLine.objects.filter(order=order).update(live=True)
        _take_over(order, {"state": allowed.after, "state_since": at, **changes})
    return order


def _take_over(order: Order, written: Mapping[str, Any]) -> None:
    """What the UPDATE wrote, into the row in hand. It asked for the fence that was seen, so the next one is known."""
    for name, value in written.items():
        setattr(order, name, order.claim_seq + 1 if value is _NEXT_FENCE else value)


def _part_of(order: Order) -> dict[str, Any]:
    return {"parent": str(order.parent_id)} if order.parent_id else {}


_NEXT_FENCE = F("claim_seq") + 1


def next_fence() -> dict[str, Any]:
    """The column change that makes every earlier holder's writes miss."""
    return {"claim_seq": _NEXT_FENCE}


def wrong_state(order: Order, move: str) -> WrongState:
    state = OrderState(order.state)
    words = Words(
        f"流转单当前状态为“{state.label}”,不能执行此操作", f"cannot do {move}: the order is {state.value}"
    )
    return WrongState(words, state=state.value)


def _allowed(taken: Taken, by: Actor) -> Move:
    allowed = MOVES[taken.move]
    if by.role not in allowed.who:
        raise Forbidden(Words("该角色无权执行此操作", f"a {by.role.value} may not do this: {taken.move}"))
    if allowed.needs_reason and not taken.reason.strip():
        raise ReasonNeeded(Words("请填写理由", f"a reason is needed: {taken.move}"))
    return allowed


def _record(order: Order, move: str, after: OrderState, taken: Taken, by: Actor, at: datetime) -> None:
    body = {"order": str(order.pk), "from": str(order.state), "to": after.value, **taken.body}
    if taken.reason:
        body["reason"] = taken.reason
    record(
        f"order.{move}",
        subject=order.prescription_id,
        streams=[order.institution_id, *taken.dispensers],
        actor=str(by),
        at=at,
        body=body,
    )
