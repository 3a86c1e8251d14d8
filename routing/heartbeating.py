"""A sign of life: the lease of a claim is extended, up to a hard cap. What is being prepared needs none."""

from datetime import datetime, timedelta
from uuid import UUID

from routing.claiming import LEASE
from routing.holding import hold
from routing.models import Claim
from routing.refusals import LeaseCapped
from routing.states import OrderState
from rxcenter.accounts.roles import Actor
from rxcenter.errors import Words
from rxcenter.ledger.recording import transaction

CAP = timedelta(hours=4)  # after the claim: whoever has not started by then does not have the goods


def cap(claim: Claim) -> datetime:
    """Beyond this the lease is not extended."""
    return claim.claimed_at + CAP


def heartbeat(claim: UUID, token: str, *, by: Actor, at: datetime) -> Claim:
    """Extend the lease to LEASE from now, at most to the cap; it is never shortened. No transition, so no event.

    A lapse goes through the same row lock: exactly one of the two happens. Raises NotFound, WrongClaimToken, LeaseLost,
    AlreadyDispensed, LeaseCapped.
    """
    with transaction():
        held = hold(claim, by.institution, token)
        found = held.claim
        found.heartbeat_at = at
        if held.order.state == OrderState.CLAIMED and found.lease_until is not None:
            last = cap(found)
            if last <= at:
                words = Words(
                    "接单已达最长保留时间:请开始调配或退回", "held as long as may be: start, or give it back"
                )
                raise LeaseCapped(words, cap=last.isoformat())
            found.lease_until = max(found.lease_until, min(at + LEASE, last))
        found.save(update_fields=["heartbeat_at", "lease_until"])
        return found
