"""The holder passes an order on to another dispenser, which accepts: at no moment does nobody hold it (T21)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count
from uuid_utils.compat import uuid7

from routing import reasons, refusals
from routing.claiming import Claimed, may_not_have, new_claim, not_in_force
from routing.custody import Taken, lock_order, move_order, next_fence, wrong_state
from routing.dispensing import may_go_on
from routing.holding import Held, claims_in_lock_order, end_claim, end_transfer, hold
from routing.models import Claim, Offer, Order, Transfer
from routing.states import MOVES
from rxcenter.accounts.roles import SYSTEM, Actor
from rxcenter.errors import NotFound, Words
from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob, Work
from rxcenter.ledger.recording import record, transaction
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.states import State

ANSWER_WITHIN = timedelta(hours=2)


def ask_transfer(claim: UUID, token: str, to: str, *, reason: str, by: Actor, at: datetime) -> Transfer:
    """Ask one eligible dispenser to take an order over of which nothing was supplied; the holder keeps it until then.

    Raises NotFound, WrongClaimToken, LeaseLost, CancelPending, OnHold, WrongState, NotEligible, AlreadyHeldByYou (asked
    of oneself), TransferPending, Invalid (unknown reason).
    """
    reasons.checked(reason, reasons.RETURN)
    with transaction():
        held = hold(claim, by.institution, token)
        may_go_on(held)
        _may_pass_on(held, to, at)
        if Transfer.objects.filter(claim=claim, state=Transfer.State.PENDING).exists():
            words = Words("已向其他机构转出,待答复", "another dispenser was asked and has not answered")
            raise refusals.TransferPending(words)
        made = Transfer.objects.create(claim=held.claim, to_id=to, reason=reason, made_at=at)
        record(
            "order.transfer_asked",
            subject=held.order.prescription_id,
            streams=[held.order.institution_id, held.claim.dispenser_id, to],
            actor=str(by),
            at=at,
            body={"order": str(held.order.pk), "transfer": made.pk, "to": to, "reason": reason},
        )
        queue.add([NewJob("transfer_timeout", claim, due_at=answer_by(made))])
        return made


def answer_by(transfer: Transfer) -> datetime:
    return transfer.made_at + ANSWER_WITHIN


def withdraw_transfer(claim: UUID, token: str, *, by: Actor, at: datetime) -> Order:
    """The holder keeps it after all. Raises NotFound, WrongClaimToken, LeaseLost, TransferEnded (nothing pending)."""
    with transaction():
        held = hold(claim, by.institution, token)
        if not end_transfer(held.claim, Transfer.State.WITHDRAWN, "withdrawn", by=by, at=at):
            raise refusals.TransferEnded(Words("没有待答复的转出", "no transfer waits for an answer"))
        return held.order


def accept_transfer(transfer: int, *, by: Actor, at: datetime) -> Claimed:
    """Take the order over: the old claim ends and the new one begins in one step, with a new token and lease.

    Raises NotFound (not asked of you), TransferEnded, CancelPending, OnHold, Gone, PrescriptionExpired, WrongState,
    NotEligible, SignatureInvalid (see quarantining.py).
    """
    with transaction():
        asked, prescription, order = _pending(transfer, by)
        _may_take(order, prescription, asked.to_id, at)
        old = asked.claim
        Transfer.objects.filter(pk=transfer).update(state=Transfer.State.ACCEPTED, answered_at=at)
        end_claim(old, Claim.State.TRANSFERRED, at=at, reason=asked.reason)
        row = uuid7()
        body = {"claim": str(row), "dispenser": asked.to_id, "before": str(old.pk), "transfer": transfer}
        taken = Taken("transferred", asked.reason, body, [old.dispenser_id, asked.to_id], next_fence())
        move_order(order, taken, by=by, at=at)
        rank = Offer.objects.filter(order=order).aggregate(n=Count("pk"))["n"] + 1
        accepted = {"state": Offer.State.ACCEPTED, "made_at": asked.made_at, "answered_at": at}
        Offer.objects.create(order=order, dispenser_id=asked.to_id, rank=rank, **accepted)
        return new_claim(order, row, asked.to_id, at)


def decline_transfer(transfer: int, *, reason: str, by: Actor, at: datetime) -> Transfer:
    """Say no: the holder keeps it. Raises NotFound (not asked of you), TransferEnded, Invalid (unknown reason)."""
    reasons.checked(reason, reasons.DECLINE)
    with transaction():
        asked, _prescription, _order = _pending(transfer, by)
        end_transfer(asked.claim, Transfer.State.DECLINED, reason, by=by, at=at)
        asked.refresh_from_db()
        return asked


def work(jobs: Sequence[Work], at: datetime) -> None:
    """Nobody answered: the holder keeps the order, as if it had never been asked."""
    for claim in claims_in_lock_order(job.subject for job in jobs):
        lock_order(claim.order.prescription_id, claim.order_id)
        asked = Transfer.objects.filter(claim=claim, state=Transfer.State.PENDING).first()
        if asked is None:
            continue
        if answer_by(asked) > at:
            queue.add([NewJob("transfer_timeout", claim.pk, due_at=answer_by(asked))])
            continue
        end_transfer(claim, Transfer.State.WITHDRAWN, "timed_out", by=SYSTEM, at=at)


def give_up(job: Work, at: datetime) -> None:
    """Failed five times. The holder holds it as before and can withdraw what it asked; the operator sees the job."""


def _pending(transfer: int, by: Actor) -> tuple[Transfer, Prescription, Order]:
    """A transfer asked of `by`, with its locked order."""
    mine = Transfer.objects.filter(pk=transfer, to=by.institution).select_related("claim__order")
    seen = mine.first()
    if seen is None:
        raise NotFound
    prescription, order = lock_order(seen.claim.order.prescription_id, seen.claim.order_id)
    now = Transfer.objects.select_related("claim__order").get(pk=transfer)
    if now.state != Transfer.State.PENDING:
        raise refusals.TransferEnded(
            Words("该转出已失效", f"this transfer is over: {now.state}"), state=now.state
        )
    return now, prescription, order


def _may_pass_on(held: Held, to: str, at: datetime) -> None:
    if to == held.claim.dispenser_id:
        words = Words("本机构已接单", "you hold it already")
        raise refusals.AlreadyHeldByYou(words, claim_id=str(held.claim.pk))
    _may_take(held.order, held.prescription, to, at)


def _may_take(order: Order, prescription: Prescription, to: str, at: datetime) -> None:
    if order.cancel_requested:
        raise refusals.CancelPending(Words("开方机构正在撤销该处方", "the placer asked to cancel it"))
    if order.state not in MOVES["transferred"].before:
        raise wrong_state(order, "transferred")
    if prescription.state != State.APPROVED:
        raise not_in_force(prescription)
    if order.expires_at <= at:
        words = Words("处方已过有效期", "the prescription has expired")
        raise refusals.PrescriptionExpired(words, at=order.expires_at.isoformat())
    refusal = may_not_have(order, prescription, to)
    if refusal is not None:
        raise refusal
