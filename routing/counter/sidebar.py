"""Who sees the counter in the sidebar, and its badge."""

from django.http import HttpRequest

from routing.models import Offer
from rxcenter.accounts.admin_scoped import staff_of
from rxcenter.accounts.roles import Role

MOST = 99


def dispensers(request: HttpRequest) -> bool:
    """Staff of one or more named dispensers; a counter for the whole region does not exist."""
    return bool(staff_of(request).codes(Role.DISPENSER))


def offers(request: HttpRequest) -> str:
    """How many offers wait for an answer, counted up to MOST; nothing is said where none does."""
    codes = staff_of(request).codes(Role.DISPENSER)
    if not codes:
        return ""
    if not hasattr(request, "rx_offers"):
        rows = Offer.objects.filter(dispenser__in=codes, state=Offer.State.PENDING)
        request.rx_offers = rows.values("pk")[: MOST + 1].count()  # type: ignore[attr-defined]
    found: int = request.rx_offers  # type: ignore[attr-defined]
    return f"{MOST}+" if found > MOST else str(found or "")
