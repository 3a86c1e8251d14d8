"""Pickup codes as proof. Wrong ones are counted and locked; whether a number exists is never said."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import F

from routing import codes
from routing.models import Order, WrongCode
from routing.refusals import LockedOut
from routing.refusals import WrongCode as Refusal
from rxcenter.errors import Words
from rxcenter.ledger.recording import active
from rxcenter.patients.blinding import blind

MOST_PER_CODE = 5  # by one dispenser on one number: nobody locks a patient out at another's counter
MOST_PER_DISPENSER = 100  # a day, over all numbers
WINDOW = timedelta(days=1)


@contextmanager
def counting(at: datetime) -> Iterator[None]:
    """Wrap a whole request: a wrong code inside it is counted after its transaction was rolled back."""
    if active():
        raise RuntimeError("counting() stands outside transaction(): a wrong try must stay counted")
    try:
        yield
    except Refusal as refused:
        for key in sorted(refused.keys):
            _count(key, at)
        if refused.order is not None:
            _count_on_order(refused.order)
        raise


def find_order(number: str, code: str, dispenser: str, *, at: datetime) -> UUID:
    """The order whose prescription number and pickup code fit together.

    Raises WrongCode, alike for a number that does not exist; LockedOut after a dispenser's MOST_PER_CODE wrong tries on this
    number or MOST_PER_DISPENSER on all within a day, even for the right code.
    """
    limits = {
        f"{blind('number', number)}@{dispenser}": MOST_PER_CODE,
        f"dispenser:{dispenser}": MOST_PER_DISPENSER,
    }
    for row in WrongCode.objects.filter(key__in=limits, since__gt=at - WINDOW):
        if row.count >= limits[row.key]:
            raise LockedOut(_LOCKED, until=(row.since + WINDOW).isoformat())
    orders = Order.objects.filter(prescription__number=number).only("id", "code_hash").order_by("-created_at")
    found = next((o.pk for o in orders if codes.fits(o.pk, bytes(o.code_hash), code)), None)
    if found is None:
        raise Refusal(keys=tuple(limits))
    return found


def check_at_handover(order: Order, code: str) -> None:
    """The holder types the patient's code; the order is locked by the caller. Raises WrongCode, LockedOut."""
    if order.wrong_codes >= MOST_PER_CODE:
        raise LockedOut(_LOCKED)
    if not codes.fits(order.pk, bytes(order.code_hash), code):
        raise Refusal(order=order.pk)


_LOCKED = Words("取药码错误次数过多,已锁定", "too many wrong pickup codes: locked")


def _count(key: str, at: datetime) -> None:
    """One more wrong try; a new window starts when the old one is over."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO routing_wrongcode AS w (key, count, since) VALUES (%s, 1, %s)
            ON CONFLICT (key) DO UPDATE SET
                count = CASE WHEN w.since <= %s THEN 1 ELSE w.count + 1 END,
                since = CASE WHEN w.since <= %s THEN excluded.since ELSE w.since END""",
            [key, at, at - WINDOW, at - WINDOW],
        )


def _count_on_order(order: UUID) -> None:
    Order.objects.filter(pk=order, wrong_codes__lt=1000).update(wrong_codes=F("wrong_codes") + 1)
