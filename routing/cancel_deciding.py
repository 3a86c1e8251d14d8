"""The holder answers the placer's wish to cancel. No answer in time goes to a supervisor; none in a day decides itself.

That decision can only be "cancelled": no time-out hands anything over.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from routing.cancelling import told
from routing.custody import in_lock_order, lock_order
from routing.dispensing import CLOCK_SKEW, Handover, record_dispense
from routing.holding import Held, end_claim, hold
from routing.models import CancelRequest, Claim, Dispense, Order
from routing.offering import end_cancelled
from routing.refusals import NothingToDecide
from routing.states import OrderState
from rxcenter.accounts.roles import SYSTEM, Actor
from rxcenter.errors import Invalid, Words
from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob, Work
from rxcenter.ledger.recording import transaction

DECIDED_AFTER = timedelta(hours=24)


def accept_cancel(claim: UUID, token: str, *, by: Actor, at: datetime) -> Order:
    """The holder lets the order be cancelled; its claim ends.

    Raises NotFound, WrongClaimToken, LeaseLost, AlreadyDispensed, NothingToDecide.
    """
    with transaction():
        held = hold(claim, by.institution, token)
        _request(held)
        end_claim(held.claim, Claim.State.CANCELLED, at=at, reason="cancelled")
        body = {"claim": str(claim), "dispenser": held.claim.dispenser_id}
        end_cancelled(held.order, held.prescription, by=by, at=at, body=body)
        return held.order


def refuse_cancel(claim: UUID, token: str, handover: Handover, *, by: Actor, at: datetime) -> Dispense:
    """It was handed over before the wish to cancel came: the record of that is the only ground to refuse.

    Raises as `accept_cancel` and as dispensing does; Invalid when the hand-over lies after the request.
    """
    with transaction():
        held = hold(claim, by.institution, token)
        request = _request(held)
        if handover.handed_over_at > request.asked_at + CLOCK_SKEW:
            words = Words("撤销申请之后不得再交付", "nothing may be handed over after the cancel was asked")
            found, allowed = handover.handed_over_at.isoformat(), f"<= {request.asked_at.isoformat()}"
            problem = {"path": "$.dispense.handed_over_at", "found": found, "allowed": allowed}
            raise Invalid(words, problems=[{**problem, "message": {"zh": words.zh, "en": words.en}}])
        request.outcome, request.refusal = CancelRequest.Outcome.REFUSED, "already_supplied"
        request.decided_at, request.decided_by = at, str(by)
        request.save(update_fields=["outcome", "refusal", "decided_at", "decided_by"])
        Order.objects.filter(pk=held.order.pk).update(cancel_requested=False, stale=False)
        held.order.cancel_requested = False
        body = {"order": str(held.order.pk), "claim": str(claim), "refusal": request.refusal}
        told(held.order, "cancel_refused", held.claim.dispenser_id, body, by=by, at=at)
        return record_dispense(held, handover, by=by, at=at)


def work(jobs: Sequence[Work], at: datetime) -> None:
    """The answer is overdue: first a supervisor is told, after a day it is cancelled where the goods are in the house."""
    for seen in in_lock_order(job.subject for job in jobs):
        prescription, order = lock_order(seen.prescription_id, seen.pk)
        request = order.cancel_requests.filter(outcome=CancelRequest.Outcome.WAITING).first()
        if request is None:
            continue
        claim = Claim.objects.get(order=order, state=Claim.State.OPEN)
        forced_at = request.asked_at + DECIDED_AFTER
        if at < request.decide_by:
            queue.add([NewJob("cancel_decision", order.pk, due_at=request.decide_by)])
        elif at < forced_at or order.state == OrderState.IN_TRANSIT:
            _escalate(order, request, claim, at)
            again = forced_at if at < forced_at else at + DECIDED_AFTER
            queue.add([NewJob("cancel_decision", order.pk, due_at=again)])
        else:
            end_claim(claim, Claim.State.CANCELLED, at=at, reason="no_answer")
            body = {"claim": str(claim.pk), "dispenser": claim.dispenser_id, "why": "no_answer"}
            end_cancelled(order, prescription, by=SYSTEM, at=at, body=body)


def give_up(job: Work, at: datetime) -> None:
    """Failed five times: the placer is told that its cancel still waits; the job stays in quarantine."""
    order = Order.objects.get(pk=job.subject)
    claim = Claim.objects.filter(order=order, state=Claim.State.OPEN).first()
    if order.cancel_requested and claim:
        told(order, "timer_failed", claim.dispenser_id, {"order": str(order.pk)}, by=SYSTEM, at=at)


def _request(held: Held) -> CancelRequest:
    found = held.order.cancel_requests.filter(outcome=CancelRequest.Outcome.WAITING).first()
    if found is None:
        raise NothingToDecide(Words("没有待答复的撤销申请", "no cancel waits for an answer"))
    return found


def _escalate(order: Order, request: CancelRequest, claim: Claim, at: datetime) -> None:
    if request.escalated_at is None:
        CancelRequest.objects.filter(pk=request.pk).update(escalated_at=at)
    Order.objects.filter(pk=order.pk).update(stale=True)
    body = {"order": str(order.pk), "claim": str(claim.pk), "asked_at": request.asked_at.isoformat()}
    told(order, "cancel_overdue", claim.dispenser_id, body, by=SYSTEM, at=at)
