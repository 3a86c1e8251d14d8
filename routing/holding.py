"""Who holds a claim: the checks that every act of a holder starts with."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from routing.custody import lock_order
from routing.models import Claim, DispenseDraft, Order, Transfer
from routing.refusals import AlreadyDispensed, LeaseLost, WrongClaimToken
from rxcenter.accounts.roles import SYSTEM, Actor
from rxcenter.errors import NotFound, Words
from rxcenter.ledger.recording import record
from rxcenter.patients.revealing import reveal
from rxcenter.prescriptions.models import Prescription

TABLE = "claim"


@dataclass(frozen=True, slots=True)
class Held:
    """A claim with its locked order and prescription."""

    claim: Claim
    order: Order
    prescription: Prescription


def new_token() -> str:
    """256 bits; only its hash is compared."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def mine(claim: UUID, dispenser: str | None) -> Claim:
    """A dispenser's own claim; anybody else's does not exist for it. Raises NotFound."""
    found = Claim.objects.filter(pk=claim, dispenser=dispenser).select_related("order").first()
    if found is None:
        raise NotFound
    return found


def hold(claim: UUID, dispenser: str | None, token: str, *, completed_too: bool = False) -> Held:
    """Lock what a holder wants to act on, and check that it still holds it.

    `completed_too`: a correction of what was handed over; the token stays good for that.
    Raises NotFound (not yours), WrongClaimToken (never valid here), LeaseLost or AlreadyDispensed (the claim ended).
    Must run inside a transaction.
    """
    seen = mine(claim, dispenser)
    if not hmac.compare_digest(bytes(seen.token_hash), token_hash(token)):
        raise WrongClaimToken(Words("Claim-Token 不正确", "the Claim-Token is not this claim's"))
    prescription, order = lock_order(seen.order.prescription_id, seen.order_id)
    now = Claim.objects.select_related("dispenser").get(pk=claim)
    if now.state == Claim.State.COMPLETED and not completed_too:
        raise already_dispensed(order)
    if now.state not in (Claim.State.OPEN, Claim.State.COMPLETED):
        words = Words("该接单已结束", f"this claim has ended: {now.state}")
        raise LeaseLost(words, cause=now.state, released_at=now.ended_at and now.ended_at.isoformat())
    return Held(now, order, prescription)


def claims_in_lock_order(claims: Iterable[UUID]) -> list[Claim]:
    """Claims in the sequence in which one transaction may lock their orders (custody.in_lock_order). Not locked yet."""
    rows = Claim.objects.filter(pk__in=list(claims)).select_related("order")
    return list(rows.order_by("order__prescription_id", "order_id"))


def already_dispensed(order: Order) -> AlreadyDispensed:
    last = order.dispenses.order_by("-recorded_at").first()
    extra = {} if last is None else {"dispense_id": str(last.pk), "local_id": last.local_id}
    if last is not None:
        extra["handed_over_at"] = last.handed_over_at.isoformat()
    return AlreadyDispensed(Words("该处方已调配", "it has been dispensed already"), **extra)


def end_claim(claim: Claim, state: str, *, at: datetime, reason: str = "") -> None:
    """Close a claim; the caller holds its order's lock."""
    Claim.objects.filter(pk=claim.pk, state=Claim.State.OPEN).update(state=state, ended_at=at, reason=reason)
    DispenseDraft.objects.filter(claim=claim).delete()  # nobody after this holder sees what it had in mind
    end_transfer(claim, Transfer.State.WITHDRAWN, "claim_ended", by=SYSTEM, at=at)


def end_transfer(claim: Claim, state: str, reason: str, *, by: Actor, at: datetime) -> bool:
    """Close what the holder asked of another dispenser, and tell both; False when nothing was pending.

    The caller holds the order's lock.
    """
    asked = Transfer.objects.filter(claim=claim, state=Transfer.State.PENDING).first()
    if asked is None:
        return False
    asked.state, asked.reason, asked.answered_at = state, reason, at
    asked.save(update_fields=["state", "reason", "answered_at"])
    record(
        f"order.transfer_{state}",
        subject=claim.order.prescription_id,
        streams=[claim.order.institution_id, claim.dispenser_id, asked.to_id],
        actor=str(by),
        at=at,
        body={"order": str(claim.order_id), "transfer": asked.pk, "reason": reason},
    )
    return True


def token_again(claim: Claim, *, by: Actor, at: datetime) -> str:
    """The token of an open claim, for the organisation that lost the answer; logged."""
    shown = reveal(
        bytes(claim.token_sealed),
        table=TABLE,
        row=claim.pk,
        institution=claim.dispenser_id,
        by=by,
        purpose="the holder reads its claim token again",
        at=at,
        prescription=claim.order.prescription_id,
    )
    return str(shown["token"])
