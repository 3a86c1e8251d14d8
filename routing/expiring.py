"""The `expire` job: an unclaimed order ends with its prescription. A claim inside its lease is never cut off."""

from collections.abc import Sequence
from datetime import datetime

from routing.custody import in_lock_order, lock_order
from routing.models import Order
from routing.offering import end_expired
from routing.states import MOVES
from rxcenter.accounts.roles import SYSTEM
from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob, Work
from rxcenter.ledger.recording import record


def work(jobs: Sequence[Work], at: datetime) -> None:
    """Expire what nobody holds. A held order ends by its dispense, or expires when it is given back or lapses."""
    for seen in in_lock_order(job.subject for job in jobs):
        prescription, order = lock_order(seen.prescription_id, seen.pk)
        if order.state not in MOVES["expired"].before:
            continue
        if order.expires_at > at:
            queue.add([NewJob("expire", order.pk, due_at=order.expires_at)])
            continue
        end_expired(order, prescription, at=at)


def give_up(job: Work, at: datetime) -> None:
    """Failed five times: the placer is told of an order that still waits; the job stays in quarantine for the operator."""
    seen = Order.objects.only("prescription_id").get(pk=job.subject)
    _prescription, order = lock_order(seen.prescription_id, job.subject)
    if order.state not in MOVES["expired"].before:
        return
    record(
        "order.timer_failed",
        subject=order.prescription_id,
        streams=[order.institution_id],
        actor=str(SYSTEM),
        at=at,
    )
