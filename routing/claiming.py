"""Claim an order: exactly one dispenser wins. The partial unique index is the proof, the conditional UPDATE the way."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Case, Exists, OuterRef, Value, When
from uuid_utils.compat import uuid7

from routing import refusals
from routing.custody import Taken, lock_order, move_order, next_fence, wrong_state
from routing.digesting import altered
from routing.eligible import REASONS, why_not
from routing.holding import TABLE, already_dispensed, new_token, token_hash
from routing.models import Claim, Offer, Order
from routing.offering import need_of, way_of
from routing.register import candidates, contact
from routing.states import CLAIMABLE, OPEN_CLAIM, OrderState
from rxcenter.accounts.roles import Actor
from rxcenter.errors import NotFound, Refused, Words
from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob
from rxcenter.ledger.recording import joined
from rxcenter.patients.sealing import seal
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.states import State

LEASE = timedelta(minutes=30)
CONTENT = ("document", "sealed")  # of the prescription: what the check of its digest and the answer need


@dataclass(frozen=True, slots=True)
class Claimed:
    """A new claim and its token, which is shown once more only to the same organisation."""

    claim: Claim
    token: str


def claim(order: UUID, *, by: Actor, at: datetime, proven: bool = False) -> Claimed:
    """Take an order into one's hands for LEASE.

    `proven`: number and pickup code were shown and fit (routing/proving.py); without it the order must have been
    offered to the claimant, else it does not exist for it. Raises NotFound and the refusals that `_refusal`
    names; for SignatureInvalid see quarantining.py.
    """
    me = by.institution or ""
    asked = Exists(Offer.objects.filter(order=OuterRef("pk"), dispenser=me))
    with joined():
        seen = Order.objects.filter(pk=order).values_list("prescription_id", asked).first()
        if seen is None or not (proven or seen[1]):
            raise NotFound
        prescription, locked = lock_order(seen[0], order, also=CONTENT)
        locked.prescription = prescription  # the answer shows it: it is not read again
        refusal = _refusal(locked, prescription, me, proven=proven, at=at)
        if refusal is not None:
            raise refusal
        return _take(locked, by, me, at)


def _take(order: Order, by: Actor, me: str, at: datetime) -> Claimed:
    row = uuid7()
    taken = Taken("claimed", body={"claim": str(row), "dispenser": me}, dispensers=[me], changes=next_fence())
    move_order(order, taken, by=by, at=at)
    made = new_claim(order, row, me, at)
    mine = When(dispenser=me, then=Value(Offer.State.ACCEPTED))
    Offer.objects.filter(order=order, state=Offer.State.PENDING).update(
        state=Case(mine, default=Value(Offer.State.SUPERSEDED)), answered_at=at
    )
    return made


def new_claim(order: Order, row: UUID, me: str, at: datetime) -> Claimed:
    """The claim of an order that was just moved behind a new fence, with its token and its timer.

    A refusal by the index leaves the transaction unusable: nothing of it can be kept.
    """
    token = new_token()
    made = Claim(
        id=row,
        order=order,
        dispenser_id=me,
        seq=order.claim_seq,
        token_hash=token_hash(token),
        token_sealed=seal({"token": token}, table=TABLE, row=row, institution=me, epoch=at.strftime("%Y-%m")),
        claimed_at=at,
        lease_until=at + LEASE,
    )
    try:
        made.save(force_insert=True)
    except IntegrityError as error:
        raise refusals.WithAnotherDispenser(_HELD) from error
    queue.add([NewJob("lapse", row, due_at=made.lease_until)])
    return Claimed(made, token)


_HELD = Words("已由其他调配机构接单", "another dispenser holds it")


def _refusal(
    order: Order, prescription: Prescription, me: str, *, proven: bool, at: datetime
) -> Refused | None:
    """Why this dispenser may not claim this order now; None when it may."""
    if order.state in OPEN_CLAIM:
        return _held(order, me)
    ended = _ended(order, at)
    if ended is not None:
        return ended
    if order.state not in CLAIMABLE:
        return _not_yet(order) if order.state == OrderState.SCHEDULED else wrong_state(order, "claimed")
    if prescription.state != State.APPROVED:
        return not_in_force(prescription)
    if order.cancel_requested:
        return refusals.CancelPending(Words("开方机构正在撤销该处方", "the placer asked to cancel it"))
    if not _asked(order, me, proven):
        return refusals.OfferSuperseded(Words("该推送已失效", "this offer no longer stands"))
    return may_not_have(order, prescription, me)


def may_not_have(order: Order, prescription: Prescription, me: str) -> Refused | None:
    """Why this dispenser may not be given this order: not eligible, or the document is not what was approved."""
    refusal = not_eligible(order, prescription, me)
    if refusal is None and altered(order, prescription):
        return refusals.SignatureInvalid(prescription.pk, order.pk)
    return refusal


def not_in_force(prescription: Prescription) -> Refused:
    """Suspended, or ended."""
    since = prescription.state_since.isoformat()
    if prescription.state == State.ON_HOLD:
        return refusals.OnHold(Words("处方已暂停,不能接单", "the prescription is suspended"), since=since)
    words = Words("处方已失效", f"the prescription is no longer in force: {prescription.state}")
    return refusals.Gone(words, state=prescription.state, at=since)


def _not_yet(order: Order) -> Refused:
    words = Words("未到可调配时间", "not to be dispensed yet")
    return refusals.NotYetValid(words, valid_from=order.opens_at.isoformat())


def _held(order: Order, me: str) -> Refused:
    held = Claim.objects.get(order=order, state=Claim.State.OPEN)
    if held.dispenser_id == me:
        words = Words("本机构已接单", "you hold it already")
        return refusals.AlreadyHeldByYou(words, claim_id=str(held.pk), claim_url=f"/api/v1/claims/{held.pk}")
    return refusals.WithAnotherDispenser(
        _HELD, holder=contact(held.dispenser_id), since=held.claimed_at.isoformat()
    )


def _ended(order: Order, at: datetime) -> Refused | None:
    if order.state == OrderState.COMPLETED:
        return already_dispensed(order)
    if order.state == OrderState.CANCELLED:
        words = Words("处方已撤销", "the prescription was cancelled")
        return refusals.PrescriptionCancelled(words, at=order.state_since.isoformat())
    if order.state == OrderState.NOT_SUPPLIED:
        words = Words("调配机构已说明不予调配", "a dispenser refused to supply it; the prescriber was told")
        return refusals.Gone(words, state=order.state, at=order.state_since.isoformat())
    if order.state == OrderState.EXPIRED or order.expires_at <= at:
        words = Words("处方已过有效期", "the prescription has expired")
        return refusals.PrescriptionExpired(words, at=order.expires_at.isoformat())
    return None


def _asked(order: Order, me: str, proven: bool) -> bool:
    if proven and order.pool:
        return True
    return Offer.objects.filter(order=order, dispenser=me, state=Offer.State.PENDING).exists()


def not_eligible(order: Order, prescription: Prescription, me: str) -> Refused | None:
    """The register may have changed since the offer, and the pool is open to many."""
    facts = candidates([me])
    reasons = why_not(facts[me], need_of(order, prescription), way_of(order, me)) if me in facts else []
    if me in facts and not reasons:
        return None
    names = [str(r) for r in reasons] or ["unknown"]
    first = REASONS[names[0].partition(":")[0]]
    return refusals.NotEligible(first, reasons=names)
