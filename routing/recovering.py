"""The answer to a claim was lost: the organisation that holds it gets it again, against number and pickup code."""

from datetime import datetime

from routing.models import Claim
from routing.proving import find_orders
from routing.refusals import NotHolder
from rxcenter.accounts.roles import Actor
from rxcenter.errors import Words


def recover(number: str, code: str, *, by: Actor, at: datetime) -> Claim:
    """My open claim on the order that number and code open.

    Raises WrongCode and LockedOut as at the claim (run it inside proving.counting), NotHolder.
    """
    orders = find_orders(number, code, by.institution or "", at=at)
    held = Claim.objects.filter(order__in=orders, dispenser=by.institution, state=Claim.State.OPEN)
    found = held.select_related("order__prescription").order_by("-claimed_at").first()
    if found is None:
        raise NotHolder(
            Words("该处方不由本机构持有", "you do not hold this prescription"), state=orders[0].state
        )
    return found
