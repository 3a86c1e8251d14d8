"""The goods stand ready for the patient, or for the courier."""

from datetime import datetime, timedelta
from uuid import UUID

from routing.custody import Taken, move_order
from routing.dispensing import may_go_on
from routing.holding import hold
from routing.models import Claim, Order
from routing.staleness import watch
from rxcenter.accounts.roles import Actor
from rxcenter.ledger.recording import transaction

COLLECT_WITHIN = timedelta(days=7)  # what the patient is told; afterwards a supervisor looks (staleness.py)


def ready(claim: UUID, token: str, *, by: Actor, at: datetime) -> Order:
    """claimed or preparing → ready. Raises NotFound, WrongClaimToken, LeaseLost, CancelPending, OnHold, WrongState."""
    with transaction():
        held = hold(claim, by.institution, token)
        may_go_on(held)
        who = held.claim.dispenser_id
        body = {"claim": str(claim), "dispenser": who, "collect_by": (at + COLLECT_WITHIN).isoformat()}
        move_order(held.order, Taken("readied", "", body, [who], {"ready_at": at}), by=by, at=at)
        Claim.objects.filter(pk=claim).update(lease_until=None)
        watch(held.order)
        return held.order
