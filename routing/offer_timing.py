"""The `offer_timeout` and `open_window` jobs: the next dispenser is asked; an issue's window opens."""

from collections.abc import Sequence
from datetime import datetime

from routing.custody import Taken, in_lock_order, lock_order, move_order
from routing.models import Offer, Order
from routing.offering import after_reopening, start_asking
from routing.states import OrderState
from rxcenter.accounts.roles import SYSTEM
from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob, Work
from rxcenter.ledger.recording import record


def time_out(jobs: Sequence[Work], at: datetime) -> None:
    """Offers without an answer in time: the next one is asked. A claimed, declined or newer offer is left alone."""
    for seen in in_lock_order(job.subject for job in jobs):
        prescription, order = lock_order(seen.prescription_id, seen.pk)
        offer = Offer.objects.filter(order=order, state=Offer.State.PENDING).first()
        if order.state != OrderState.OFFERED or offer is None or offer.due_at is None:
            continue
        if offer.due_at > at:
            queue.add([NewJob("offer_timeout", order.pk, due_at=offer.due_at)])
            continue
        offer.state, offer.answered_at = Offer.State.TIMED_OUT, at
        offer.save(update_fields=["state", "answered_at"])
        body = {"offer": offer.pk, "dispenser": offer.dispenser_id}
        move_order(order, Taken("offer_timed_out", "", body, [offer.dispenser_id]), by=SYSTEM, at=at)
        after_reopening(order, prescription, at=at)


def open_window(jobs: Sequence[Work], at: datetime) -> None:
    """The time of an issue has come."""
    for seen in in_lock_order(job.subject for job in jobs):
        prescription, order = lock_order(seen.prescription_id, seen.pk)
        if order.state != OrderState.SCHEDULED:
            continue
        if order.opens_at > at:
            queue.add([NewJob("open_window", order.pk, due_at=order.opens_at)])
            continue
        start_asking(order, prescription, at=at)


def give_up(job: Work, at: datetime) -> None:
    """Failed five times: the placer is told of an order that still waits; the job stays in quarantine."""
    order = Order.objects.get(pk=job.subject)
    if order.state in (OrderState.SCHEDULED, OrderState.OFFERED):
        streams = [order.institution_id]
        record("order.timer_failed", subject=order.prescription_id, streams=streams, actor=str(SYSTEM), at=at)
