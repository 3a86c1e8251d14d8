"""How many deliveries were given up, for the operators' sidebar."""

from django.http import HttpRequest

from rxcenter.accounts.admin_scoped import staff_of
from rxcenter.accounts.roles import Role
from rxcenter.notify.messages import TEST
from rxcenter.notify.models import Delivery

MOST = 99


def dead(request: HttpRequest) -> str:
    """Counted up to MOST; nothing is said where nothing was given up."""
    if staff_of(request).codes(Role.OPERATOR) is not None:
        return ""
    if not hasattr(request, "rx_dead"):
        rows = Delivery.objects.filter(state=Delivery.State.DEAD).exclude(type=TEST)
        request.rx_dead = rows.values("pk")[: MOST + 1].count()
    return f"{MOST}+" if request.rx_dead > MOST else str(request.rx_dead or "")
