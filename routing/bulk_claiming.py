"""Many offers claimed with one call: which ones. Each is then claimed in a transaction of its own."""

from datetime import datetime
from uuid import UUID

from routing.models import Offer
from rxcenter.prescriptions.states import State

MOST = 25


def to_claim(dispenser: str, limit: int, *, at: datetime) -> tuple[list[UUID], bool]:
    """The orders of my oldest pending offers, at most `limit`; and whether there is nothing beyond them."""
    rows = Offer.objects.filter(
        dispenser=dispenser,
        state=Offer.State.PENDING,
        order__expires_at__gt=at,
        order__prescription__state=State.APPROVED,
    )
    found = list(rows.order_by("pk").values_list("order_id", flat=True)[: limit + 1])
    return found[:limit], len(found) <= limit
