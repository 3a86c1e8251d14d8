"""How a prescription ends when its orders have ended. The placer always learns it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from routing.models import CancelRequest, Dispense, Order
from routing.states import TERMINAL, OrderState
from rxcenter.accounts.roles import SYSTEM
from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob, Work
from rxcenter.ledger.recording import record
from rxcenter.prescriptions.lifecycle import Step, lock, move
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.states import State

LIVE = (State.APPROVED, State.ON_HOLD)


def settle(prescription: Prescription, *, at: datetime, streams: Sequence[str] = ()) -> None:
    """Move the prescription to its end where every order has ended; the caller holds its lock.

    Something was handed over: completed. Not supplied: the placer has until the order's time is over to route it anew,
    then it is not dispensed (`settle` job). Otherwise as the last order ended: cancelled or expired.
    """
    if prescription.state not in LIVE:
        return
    orders = list(Order.objects.filter(prescription=prescription.pk).order_by("created_at"))
    if not orders or any(o.state not in TERMINAL for o in orders):
        return
    if standing(prescription.pk):
        _move(prescription, "completed", "", orders[-1], at, streams)
    elif any(o.state == OrderState.NOT_SUPPLIED for o in orders):
        _wait_for_placer(prescription, orders, at, streams)
    elif any(o.state == OrderState.EXPIRED for o in orders):
        _move(prescription, "expired", "", orders[-1], at, streams)
    else:
        asked = CancelRequest.objects.filter(order__in=orders).order_by("-asked_at").first()
        _move(prescription, "cancelled", asked.reason if asked else "other", orders[-1], at, streams)


def standing(prescription: UUID) -> bool:
    """Whether anything was handed over and the record of it still counts."""
    found = Dispense.objects.filter(order__prescription=prescription, withdrawn_at=None, replaced_by=None)
    return found.exists()


def reopen(prescription: Prescription, order: Order, *, at: datetime) -> None:
    """A dispense was withdrawn or amended: the prescription is not complete any more."""
    if prescription.state in (State.COMPLETED, State.DISCONTINUED):
        move(Step(prescription.pk, "reopened", body={"order": str(order.pk)}), by=SYSTEM, at=at)


def work(jobs: Sequence[Work], at: datetime) -> None:
    """The placer's time to route a prescription anew that nobody could supply is over."""
    rows = lock([job.subject for job in jobs])
    for row in rows.values():
        settle(row, at=at)


def give_up(job: Work, at: datetime) -> None:
    """Failed five times: the placer is told that its prescription waits for it; the job stays in quarantine."""
    row = lock([job.subject])[job.subject]
    if row.state in LIVE:
        record("order.timer_failed", subject=row.pk, streams=[row.institution_id], actor=str(SYSTEM), at=at)


def _wait_for_placer(
    prescription: Prescription, orders: list[Order], at: datetime, streams: Sequence[str]
) -> None:
    last = max((o for o in orders if o.state == OrderState.NOT_SUPPLIED), key=lambda o: o.state_since)
    if last.expires_at > at:
        queue.add([NewJob("settle", prescription.pk, due_at=last.expires_at)])
        return
    claim = last.claims.order_by("-seq").first()
    _move(prescription, "not_dispensed", claim.reason if claim else "other", last, at, streams)


def _move(
    prescription: Prescription, name: str, reason: str, order: Order, at: datetime, streams: Sequence[str]
) -> None:
    step = Step(prescription.pk, name, reason, body={"order": str(order.pk)})
    move(step, by=SYSTEM, at=at, streams=streams)
