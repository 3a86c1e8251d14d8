"""The placer wants a prescription back: at once where nobody holds it, else by asking the holder, who must answer.

Rules X1 to X7 of the protocol. A cancel always gets a final answer, and what was cancelled is never offered again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.lookups import GreaterThan

from routing.custody import Taken, move_order
from routing.holding import already_dispensed, end_claim
from routing.models import CancelRequest, Claim, Order, OrderLine
from routing.offering import end_cancelled
from routing.refusals import AlreadyCancelled, PrescriptionExpired
from routing.register import contact
from routing.settling import standing
from routing.states import TERMINAL, UNSUPPLIED, WAITING, OrderState
from rxcenter.accounts.roles import Actor
from rxcenter.errors import NotFound, Words
from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob
from rxcenter.ledger.recording import record, transaction
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.states import State

ANSWER_WITHIN = timedelta(hours=2)  # then a supervisor is told
HELD_UNSUPPLIED = UNSUPPLIED | {OrderState.IN_TRANSIT}


class Scope(StrEnum):
    """Of a repeat: which issues. A prescription without repeats has one issue."""

    THIS = "this"  # the issue named
    FUTURE = "future"  # those whose window has not opened yet
    ALL = "all"


class Outcome(StrEnum):
    CANCELLED = "cancelled"
    CANCEL_REQUESTED = "cancel_requested"
    STOPPED_REMAINDER = "stopped_remainder"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of it. `holders` must still answer, until `decide_by`; `orders` are the ids by outcome."""

    outcome: Outcome
    orders: dict[str, list[str]]
    holders: tuple[dict[str, str], ...] = ()
    decide_by: datetime | None = None
    whole: bool = True  # every issue: the prescription ends with its orders


def cancel_orders(
    prescription: Prescription,
    *,
    reason: str,
    scope: Scope = Scope.ALL,
    issue: int | None = None,
    by: Actor,
    at: datetime,
) -> Cancelled:
    """Cancel, stop or ask, order by order; the caller holds the prescription's lock and ends it as the outcome says.

    Raises AlreadyDispensed, PrescriptionExpired, AlreadyCancelled (by somebody else), NotFound (no such issue);
    then nothing has changed. Repeating it is doing it once.
    """
    with transaction():
        every = list(Order.objects.select_for_update().filter(prescription=prescription.pk).order_by("pk"))
        orders = [o for o in every if _meant(o, scope, issue)]
        if issue is not None and not orders:
            raise NotFound
        _refuse(prescription, orders, by)
        done: dict[str, list[str]] = {outcome.value: [] for outcome in Outcome}
        asked = [found for o in orders if (found := _one(o, prescription, reason, by, at, done))]
        live = {o.pk for o in every if o.state not in TERMINAL}
        return Cancelled(
            outcome=_outcome(prescription, done),
            orders={name: ids for name, ids in done.items() if ids},
            holders=tuple(contact(request.held_by) for request in asked),
            decide_by=min((request.decide_by for request in asked), default=None),
            whole=not live - {o.pk for o in orders},
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    held_by: str
    decide_by: datetime


def _meant(order: Order, scope: Scope, issue: int | None) -> bool:
    if scope is Scope.FUTURE:
        return order.state == OrderState.SCHEDULED and (issue is None or order.issue >= issue)
    return scope is Scope.ALL or issue is None or order.issue == issue


def _one(
    order: Order,
    prescription: Prescription,
    reason: str,
    by: Actor,
    at: datetime,
    done: dict[str, list[str]],
) -> _Asked | None:
    """One order of the prescription; the caller holds both locks."""
    if order.state in WAITING:
        end_cancelled(order, prescription, by=by, at=at, reason=reason, settling=False)
        done[Outcome.CANCELLED].append(str(order.pk))
    elif order.state == OrderState.PARTLY_SUPPLIED:
        _stop(order, reason, by, at)
        done[Outcome.STOPPED_REMAINDER].append(str(order.pk))
    elif order.state in HELD_UNSUPPLIED:
        done[Outcome.CANCEL_REQUESTED].append(str(order.pk))
        return _ask(order, reason, by, at)
    return None


def _ask(order: Order, reason: str, by: Actor, at: datetime) -> _Asked:
    """Until the holder answers, nothing more is handed over."""
    holder = Claim.objects.get(order=order, state=Claim.State.OPEN).dispenser_id
    request = order.cancel_requests.filter(outcome=CancelRequest.Outcome.WAITING).first()
    if request is None:
        request = CancelRequest.objects.create(
            order=order, reason=reason, by=str(by), asked_at=at, decide_by=at + ANSWER_WITHIN
        )
        Order.objects.filter(pk=order.pk).update(cancel_requested=True)
        order.cancel_requested = True
        body = {"order": str(order.pk), "reason": reason, "decide_by": request.decide_by.isoformat()}
        told(order, "cancel_requested", holder, body, by=by, at=at)
        queue.add([NewJob("cancel_decision", order.pk, due_at=request.decide_by)])
    return _Asked(holder, request.decide_by)


def _stop(order: Order, reason: str, by: Actor, at: datetime) -> None:
    """Part was handed over and stays; the rest is no longer authorised."""
    claim = Claim.objects.get(order=order, state=Claim.State.OPEN)
    OrderLine.objects.filter(order=order, remaining__gt=0).update(
        authorised=F("authorised") - F("remaining"),
        remaining=0,
        supplied=GreaterThan(F("authorised"), F("remaining")),
    )
    OrderLine.objects.filter(order=order).update(owed_until=None)
    end_claim(claim, Claim.State.COMPLETED, at=at, reason="stopped")
    body: dict[str, Any] = {"claim": str(claim.pk), "stopped": True}
    move_order(order, Taken("closed_short", reason, body, [claim.dispenser_id]), by=by, at=at)


def told(order: Order, name: str, dispenser: str, body: dict[str, Any], *, by: Actor, at: datetime) -> None:
    """An event that moves nothing, for placer and dispenser."""
    record(
        f"order.{name}",
        subject=order.prescription_id,
        streams=[order.institution_id, dispenser],
        actor=str(by),
        at=at,
        body=body,
    )


def holders(prescription: UUID) -> list[str]:
    """Codes of the dispensers that hold a part of it now."""
    held = Claim.objects.filter(order__prescription=prescription, state=Claim.State.OPEN)
    return sorted(set(held.values_list("dispenser_id", flat=True)))


def _outcome(prescription: Prescription, done: dict[str, list[str]]) -> Outcome:
    if done[Outcome.CANCEL_REQUESTED]:
        return Outcome.CANCEL_REQUESTED
    if done[Outcome.STOPPED_REMAINDER] or standing(prescription.pk):
        return Outcome.STOPPED_REMAINDER
    return Outcome.CANCELLED


def _refuse(prescription: Prescription, orders: Sequence[Order], by: Actor) -> None:
    """Nothing left to cancel: say what became of it."""
    if prescription.state == State.EXPIRED:
        words = Words("处方已过有效期", "the prescription has expired")
        raise PrescriptionExpired(words, at=prescription.state_since.isoformat())
    if any(o.state not in TERMINAL for o in orders):
        return
    if prescription.state == State.CANCELLED:
        words = Words("处方已由他人撤销", "somebody else cancelled it")
        raise AlreadyCancelled(words, at=prescription.state_since.isoformat())
    completed = [o for o in orders if o.state == OrderState.COMPLETED]
    if completed:
        raise already_dispensed(completed[-1])
