"""A dispenser says no to an offer; the next one is asked at once."""

from datetime import datetime

from routing import reasons
from routing.custody import Taken, lock_order, move_order
from routing.models import Offer
from routing.offering import after_reopening
from routing.refusals import OfferSuperseded
from rxcenter.accounts.roles import Actor
from rxcenter.errors import NotFound, Words
from rxcenter.ledger.recording import transaction


def decline(offer: int, *, reason: str, by: Actor, at: datetime) -> Offer:
    """Decline with a coded reason; declining twice is declining once.

    Raises NotFound (not offered to you), OfferSuperseded (claimed, withdrawn or expired meanwhile), Invalid.
    """
    reasons.checked(reason, reasons.DECLINE)
    with transaction():
        seen = Offer.objects.filter(pk=offer, dispenser=by.institution).select_related("order").first()
        if seen is None:
            raise NotFound
        prescription, order = lock_order(seen.order.prescription_id, seen.order_id)
        seen.refresh_from_db()
        if seen.state == Offer.State.DECLINED:
            return seen
        if seen.state != Offer.State.PENDING:
            words = Words("该推送已失效", f"this offer no longer stands: {seen.state}")
            raise OfferSuperseded(words, state=seen.state)
        seen.state, seen.reason, seen.answered_at = Offer.State.DECLINED, reason, at
        seen.save(update_fields=["state", "reason", "answered_at"])
        body = {"offer": offer, "dispenser": seen.dispenser_id}
        move_order(order, Taken("declined", reason, body, [seen.dispenser_id]), by=by, at=at)
        after_reopening(order, prescription, at=at)
        return seen
