"""Delivery: the goods go out with a courier, and come back when nobody took them. Delivered is a dispense (dispensing.py)."""

from datetime import datetime
from uuid import UUID

from routing import reasons
from routing.claiming import not_eligible
from routing.custody import Taken, move_order
from routing.dispensing import may_go_on
from routing.holding import hold
from routing.models import Claim, Order
from routing.refusals import NotForDelivery
from routing.reviewing import ask_second_review
from routing.staleness import watch
from rxcenter.accounts.roles import Actor
from rxcenter.errors import Words
from rxcenter.ledger.recording import transaction


def dispatch(claim: UUID, token: str, *, courier: str, consignment: str, by: Actor, at: datetime) -> Order:
    """ready → in transit, with the courier's code and consignment number (no personal data).

    Raises NotFound, WrongClaimToken, LeaseLost, CancelPending, OnHold, NotForDelivery, NotEligible (it may not deliver
    this), SecondReviewNeeded, WrongState.
    """
    with transaction():
        held = hold(claim, by.institution, token)
        may_go_on(held)
        if held.order.delivery != "delivery":
            raise NotForDelivery(Words("患者自取,不配送", "the patient collects this order"))
        refusal = not_eligible(held.order, held.prescription, held.claim.dispenser_id)
        if refusal is not None:
            raise refusal
        ask_second_review(held.claim)
        who = held.claim.dispenser_id
        body = {"claim": str(claim), "dispenser": who, "courier": courier, "consignment": consignment}
        move_order(held.order, Taken("dispatched", body=body, dispensers=[who]), by=by, at=at)
        Claim.objects.filter(pk=claim).update(courier=courier, consignment=consignment)
        watch(held.order)
        return held.order


def delivery_failed(claim: UUID, token: str, *, reason: str, by: Actor, at: datetime) -> Order:
    """in transit → ready, with a coded reason; also while a cancel waits: the goods are back in the house.

    Raises NotFound, WrongClaimToken, LeaseLost, Invalid (unknown reason), WrongState.
    """
    reasons.checked(reason, reasons.DELIVERY_FAILED)
    with transaction():
        held = hold(claim, by.institution, token)
        who = held.claim.dispenser_id
        body = {"claim": str(claim), "dispenser": who, "consignment": held.claim.consignment}
        taken = Taken("delivery_failed", reason, body, [who], {"ready_at": at})
        move_order(held.order, taken, by=by, at=at)
        watch(held.order)
        return held.order
