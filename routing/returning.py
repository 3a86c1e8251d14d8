"""The holder gives an order back; it is offered to the next one at once."""

from datetime import datetime
from uuid import UUID

from routing import reasons
from routing.custody import Taken, move_order, next_fence
from routing.holding import end_claim, hold
from routing.models import Claim, Order
from routing.offering import after_reopening
from rxcenter.accounts.roles import Actor
from rxcenter.ledger.recording import transaction


def give_back(claim: UUID, token: str, *, reason: str, by: Actor, at: datetime) -> Order:
    """Return an unsupplied order with a coded reason; the claim's token is dead afterwards.

    Raises NotFound, WrongClaimToken, LeaseLost, Invalid (unknown reason), WrongState (something was supplied).
    """
    reasons.checked(reason, reasons.RETURN)
    with transaction():
        held = hold(claim, by.institution, token)
        end_claim(held.claim, Claim.State.RETURNED, at=at, reason=reason)
        body = {"claim": str(claim), "dispenser": held.claim.dispenser_id}
        taken = Taken("returned", reason, body, [held.claim.dispenser_id], next_fence())
        move_order(held.order, taken, by=by, at=at)
        after_reopening(held.order, held.prescription, at=at)
        return held.order
