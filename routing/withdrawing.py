"""The placer takes an approved prescription back before anyone claimed it."""

from datetime import datetime
from uuid import UUID

from routing.custody import Taken, move_order
from routing.holding import already_dispensed
from routing.models import Claim, Offer, Order
from routing.offering import close_offers
from routing.refusals import Claimed
from routing.register import contact
from routing.states import OPEN_CLAIM, TERMINAL, OrderState
from rxcenter.accounts.roles import Actor
from rxcenter.errors import Words
from rxcenter.ledger.recording import transaction


def withdraw(prescription: UUID, *, by: Actor, at: datetime) -> int:
    """Cancel all unclaimed orders of a prescription that the caller has locked; returns how many.

    Raises Claimed naming the holder when one is held, AlreadyDispensed when one was handed over; then none is changed.
    """
    with transaction():
        orders = list(Order.objects.select_for_update().filter(prescription=prescription).order_by("pk"))
        for order in orders:
            _refuse(order)
        live = [o for o in orders if o.state not in TERMINAL]
        for order in live:
            asked = close_offers(order, Offer.State.SUPERSEDED, at=at, reason="cancelled")
            move_order(order, Taken("cancelled", dispensers=asked), by=by, at=at)
        return len(live)


def _refuse(order: Order) -> None:
    if order.state == OrderState.COMPLETED:
        raise already_dispensed(order)
    if order.state in OPEN_CLAIM:
        held = Claim.objects.get(order=order, state=Claim.State.OPEN)
        holder = contact(held.dispenser_id)
        words = Words(
            f"已由{holder['name']}接单,请先联系其退回",
            f"held by {holder['name']}: ask them to return it first",
        )
        raise Claimed(words, holder=holder, since=held.claimed_at.isoformat())
