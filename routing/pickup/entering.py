"""Who may see a pickup page: number and code, then a second factor. Wrong tries are counted as at a counter."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core import signing

from routing import proving
from routing.models import Order
from routing.refusals import WrongFactor
from rxcenter.accounts.roles import Actor, Role
from rxcenter.patients.revealing import reveal

WHO = "patient"  # where a pharmacy's code stands when the patient's own tries are counted
STAYS = timedelta(minutes=20)
COOKIE = "rxcenter_pickup"
SALT = "routing.pickup"


@dataclass(frozen=True, slots=True)
class Visit:
    """What was proven: these orders of one prescription; `known`: the second factor too."""

    orders: tuple[UUID, ...]
    known: bool = False

    def sealed(self) -> str:
        """As the signed cookie."""
        return signing.dumps([[str(o) for o in self.orders], self.known], salt=SALT, compress=True)


def read(cookie: str | None) -> Visit | None:
    """The visit of a cookie; None when it is missing, altered or over."""
    if not cookie:
        return None
    try:
        orders, known = signing.loads(cookie, salt=SALT, max_age=STAYS)
    except signing.BadSignature:
        return None
    return Visit(tuple(UUID(o) for o in orders), bool(known))


def enter(number: str, code: str, *, at: datetime) -> Visit:
    """Raises WrongCode (alike for a number that does not exist) and LockedOut; a wrong try is counted."""
    with proving.counting(at):
        found = proving.find_orders(number.strip(), code, WHO, at=at, in_all=False)
        return Visit(tuple(order.pk for order in found))


def confirm(visit: Visit, last_four: str, *, at: datetime) -> Visit:
    """The second factor: the last four characters of the telephone number or of an identity document.

    Raises WrongFactor and LockedOut; a wrong try is counted on the order.
    """
    order = Order.objects.select_related("prescription").get(pk=visit.orders[0])
    with proving.counting(at):
        proving.check_factor(order)
        if not _fits(order, last_four.strip().casefold(), at):
            raise WrongFactor(order=order.pk)
    return replace(visit, known=True)


def patient(order: Order) -> Actor:
    """Whoever proved it; the order's id stands for the person."""
    return Actor(Role.PATIENT, str(order.pk))


def _fits(order: Order, said: str, at: datetime) -> bool:
    row = order.prescription
    masked: dict[str, Any] = row.document["patient"]
    if len(said) != 4:
        return False
    if masked.get("phone") and str(masked["phone"])[-4:].casefold() == said:
        return True
    shown = reveal(
        bytes(row.sealed),
        table="prescription",
        row=row.pk,
        institution=row.institution_id,
        by=patient(order),
        purpose="second factor of the pickup page",
        at=at,
        prescription=row.pk,
        fields=("ids",),
    )
    values = [str(i["value"]) for i in shown.get("ids") or []]
    return any(len(v) >= 8 and v[-4:].casefold() == said for v in values)
