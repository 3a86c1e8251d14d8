"""The `lapse` job: a lease that ran out frees the order and kills the token. Packed goods never lapse."""

from collections.abc import Sequence
from datetime import datetime

from routing.custody import Taken, lock_order, move_order, next_fence
from routing.holding import claims_in_lock_order, end_claim
from routing.models import Claim, Order
from routing.offering import after_reopening
from routing.states import OrderState
from rxcenter.accounts.roles import SYSTEM
from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob, Work
from rxcenter.ledger.recording import record

REASON = "lease_ran_out"


def work(jobs: Sequence[Work], at: datetime) -> None:
    """Free claims whose lease is over. One that ended, was extended or is being prepared is left alone."""
    for seen in claims_in_lock_order(job.subject for job in jobs):
        _lapse(seen, at)


def give_up(job: Work, at: datetime) -> None:
    """Failed five times: the placer is told of a claim that is still open; the job stays in quarantine for the operator."""
    seen = Claim.objects.select_related("order").get(pk=job.subject)
    _row, order = lock_order(seen.order.prescription_id, seen.order_id)
    if not _may_lapse(Claim.objects.get(pk=seen.pk), order):
        return
    record(
        "order.timer_failed",
        subject=order.prescription_id,
        streams=[order.institution_id],
        actor=str(SYSTEM),
        at=at,
    )


def _lapse(seen: Claim, at: datetime) -> None:
    row, order = lock_order(seen.order.prescription_id, seen.order_id)
    claim = Claim.objects.get(pk=seen.pk)
    if not _may_lapse(claim, order) or claim.lease_until is None:
        return
    if claim.lease_until > at:
        queue.add([NewJob("lapse", claim.pk, due_at=claim.lease_until)])
        return
    end_claim(claim, Claim.State.LAPSED, at=at, reason=REASON)
    body = {"claim": str(claim.pk), "dispenser": claim.dispenser_id}
    move_order(order, Taken("lapsed", "", body, [claim.dispenser_id], next_fence()), by=SYSTEM, at=at)
    after_reopening(order, row, at=at)


def _may_lapse(claim: Claim, order: Order) -> bool:
    """Held and not yet being prepared. The caller holds the order's lock."""
    return claim.state == Claim.State.OPEN and order.state == OrderState.CLAIMED
