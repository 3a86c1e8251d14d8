"""The holder will not supply, for a reason that lies in the prescription. The prescriber is told; nobody else is asked."""

from datetime import datetime
from uuid import UUID

from routing import reasons
from routing.custody import Taken, move_order
from routing.holding import end_claim, hold
from routing.models import Claim, Order
from routing.offering import end_cancelled
from routing.settling import settle
from rxcenter.accounts.roles import Actor
from rxcenter.ledger.recording import transaction


def not_supplied(claim: UUID, token: str, *, reason: str, by: Actor, at: datetime) -> Order:
    """End a held order of which nothing was handed over. With a cancel pending it is cancelled instead.

    Raises NotFound, WrongClaimToken, LeaseLost, Invalid (unknown reason), WrongState (something was supplied).
    """
    reasons.checked(reason, reasons.NOT_SUPPLIED)
    with transaction():
        held = hold(claim, by.institution, token)
        end_claim(held.claim, Claim.State.RETURNED, at=at, reason=reason)
        body = {"claim": str(claim), "dispenser": held.claim.dispenser_id}
        if held.order.cancel_requested:
            end_cancelled(held.order, held.prescription, by=by, at=at, body=body)
            return held.order
        held.order.lines.filter(live=True).update(not_supplied=reason)
        move_order(held.order, Taken("not_supplied", reason, body, [held.claim.dispenser_id]), by=by, at=at)
        settle(held.prescription, at=at)
        return held.order
