"""The holder starts to prepare: from now on no lease runs out, goods are in somebody's hands."""

from datetime import datetime
from uuid import UUID

from routing.custody import Taken, move_order
from routing.dispensing import may_go_on
from routing.holding import hold
from routing.models import Claim, Order
from routing.staleness import watch
from rxcenter.accounts.roles import Actor
from rxcenter.ledger.recording import transaction


def start(claim: UUID, token: str, *, by: Actor, at: datetime) -> Order:
    """claimed → preparing. Raises NotFound, WrongClaimToken, LeaseLost, CancelPending, OnHold, WrongState."""
    with transaction():
        held = hold(claim, by.institution, token)
        may_go_on(held)
        who = held.claim.dispenser_id
        body = {"claim": str(claim), "dispenser": who}
        move_order(held.order, Taken("started", body=body, dispensers=[who]), by=by, at=at)
        Claim.objects.filter(pk=claim).update(lease_until=None)
        watch(held.order)
        return held.order
