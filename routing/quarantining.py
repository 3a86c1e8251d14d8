"""A document that is not what was approved is not handed out: the order leaves circulation, placer and supervisor are told."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from routing.claiming import Claimed, claim
from routing.custody import Taken, lock_order, move_order, next_fence
from routing.digesting import altered
from routing.holding import end_claim
from routing.models import Claim, Offer
from routing.offering import close_offers
from routing.refusals import SignatureInvalid
from routing.states import MOVES
from rxcenter.accounts.roles import SYSTEM, Actor
from rxcenter.ledger.recording import joined, transaction

REASON = "invalid_digital_signature"
T = TypeVar("T")


def claim_or_quarantine(
    order: UUID, *, by: Actor, at: datetime, proven: bool = False
) -> Claimed | SignatureInvalid:
    """Claim, or take an altered order out of circulation; then the refusal is returned, for after the commit.

    Raises as `claim` does for everything else.
    """
    return or_quarantine(lambda: claim(order, by=by, at=at, proven=proven), at=at)


def or_quarantine(act: Callable[[], T], *, at: datetime) -> T | SignatureInvalid:
    """Run `act`; where it finds an altered document its own changes are undone and the order is quarantined instead.

    A refusal that is raised takes its transaction back, and the quarantine with it: so this one is returned.
    """
    with joined():
        try:
            with transaction():
                return act()
        except SignatureInvalid as refused:
            _quarantine(refused.prescription, refused.order, at)
            return refused


def _quarantine(prescription: UUID, order: UUID, at: datetime) -> None:
    row, locked = lock_order(prescription, order)
    if locked.state not in MOVES["quarantined"].before or not altered(locked, row):
        return
    told = close_offers(locked, Offer.State.SUPERSEDED, at=at, reason=REASON)
    held = Claim.objects.filter(order=locked, state=Claim.State.OPEN).first()
    if held is not None:
        end_claim(held, Claim.State.RELEASED, at=at, reason=REASON)
        told.append(held.dispenser_id)
    changes = {**next_fence(), "stale": True}  # the supervisor's list: somebody must find out what happened
    move_order(locked, Taken("quarantined", REASON, {}, told, changes), by=SYSTEM, at=at)
