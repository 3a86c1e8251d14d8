"""A dispenser says no to an offer; the next one is asked at once."""

from collections.abc import Collection
from datetime import datetime

from routing import reasons
from routing.custody import Taken, lock_order, move_order
from routing.models import Offer
from routing.offering import after_reopening
from routing.refusals import OfferSuperseded
from rxcenter.accounts.roles import Actor
from rxcenter.errors import NotFound, Words
from rxcenter.ledger.recording import record, transaction


def decline(offer: int, *, reason: str, by: Actor, at: datetime) -> Offer:
    """Decline with a coded reason; declining twice is declining once.

    Raises NotFound (not offered to you), OfferSuperseded (claimed, withdrawn or expired meanwhile), Invalid.
    """
    reasons.checked(reason, reasons.DECLINE)
    with transaction():
        seen = mine(offer, by)
        prescription, order = lock_order(seen.order.prescription_id, seen.order_id)
        seen.refresh_from_db()
        if seen.state == Offer.State.DECLINED:
            return seen
        if seen.state != Offer.State.PENDING:
            raise _superseded(seen)
        seen.state, seen.reason, seen.answered_at = Offer.State.DECLINED, reason, at
        seen.save(update_fields=["state", "reason", "answered_at"])
        body = {"offer": offer, "dispenser": seen.dispenser_id}
        move_order(order, Taken("declined", reason, body, [seen.dispenser_id]), by=by, at=at)
        after_reopening(order, prescription, at=at)
        return seen


def answer_stock(offer: int, *, answer: str, by: Actor, at: datetime) -> Offer:
    """Say when all of it can be had, before any claim; `not_available` is declining for want of stock.

    `answer` is one of Offer.Stock. Raises as `decline`. Answering again replaces the answer.
    """
    if answer == Offer.Stock.NOT_AVAILABLE:
        return decline(offer, reason="out_of_stock", by=by, at=at)
    with transaction():
        seen = mine(offer, by)
        _prescription, order = lock_order(seen.order.prescription_id, seen.order_id)
        seen.refresh_from_db()
        if seen.state != Offer.State.PENDING:
            raise _superseded(seen)
        if seen.stock != answer:
            seen.stock, seen.stock_at = answer, at
            seen.save(update_fields=["stock", "stock_at"])
            body = {"order": str(order.pk), "offer": offer, "dispenser": seen.dispenser_id, "answer": answer}
            record(
                "order.stock_answered",
                subject=order.prescription_id,
                streams=[order.institution_id, seen.dispenser_id],
                actor=str(by),
                at=at,
                body=body,
            )
        return seen


def acknowledge(offer: int, *, by: Actor, at: datetime) -> Offer:
    """The offer was seen: it does not come back among the unseen ones. Raises NotFound."""
    seen = mine(offer, by)
    Offer.objects.filter(pk=seen.pk, acked_at=None).update(acked_at=at)
    seen.refresh_from_db()
    return seen


def acknowledge_shown(offers: Collection[int], *, by: Actor, at: datetime) -> int:
    """The offers of a page that somebody looks at: as `acknowledge`, in one statement; others' are left alone."""
    unseen = Offer.objects.filter(pk__in=offers, dispenser=by.institution, acked_at=None)
    return unseen.update(acked_at=at)


def mine(offer: int, by: Actor) -> Offer:
    """One's own offer. Raises NotFound."""
    seen = Offer.objects.filter(pk=offer, dispenser=by.institution).select_related("order").first()
    if seen is None:
        raise NotFound
    return seen


def _superseded(offer: Offer) -> OfferSuperseded:
    words = Words("该推送已失效", f"this offer no longer stands: {offer.state}")
    return OfferSuperseded(words, state=offer.state)
