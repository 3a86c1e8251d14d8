"""Pickup codes as proof. Wrong ones are counted and locked; whether a number exists is never said."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import F

from routing import codes
from routing.models import Order, WrongCode
from routing.refusals import LockedOut
from routing.refusals import WrongCode as Refusal
from routing.states import CLAIMABLE, OPEN_CLAIM, OrderState
from rxcenter.errors import Words
from rxcenter.ledger.recording import active
from rxcenter.patients.blinding import blind

MOST_PER_CODE = 5  # by one dispenser on one number: nobody locks a patient out at another's counter
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
    """The order that number and code open: of several parts under one code one that can be claimed, else one that is held.

    Raises as `find_orders`.
    """
    return find_orders(number, code, dispenser, at=at)[0].pk


def find_orders(number: str, code: str, dispenser: str, *, at: datetime, in_all: bool = True) -> list[Order]:
    """The orders whose prescription number and pickup code fit together: claimable ones first, then held ones.

    Raises WrongCode, alike for a number that does not exist; LockedOut after a dispenser's MOST_PER_CODE wrong tries on
    this number or, `in_all`, settings.PROOFS_PER_DAY on all within a day, even for the right code.
    """
    limits = {f"{blind('number', number)}@{dispenser}": MOST_PER_CODE}
    if in_all:
        limits[f"dispenser:{dispenser}"] = settings.PROOFS_PER_DAY
    for row in WrongCode.objects.filter(key__in=limits, since__gt=at - WINDOW):
        if row.count >= limits[row.key]:
            raise LockedOut(_LOCKED, until=(row.since + WINDOW).isoformat())
    orders = Order.objects.filter(prescription__number=number).order_by("-created_at")
    found = [o for o in orders if codes.fits(o.pk, bytes(o.code_hash), code)]
    if not found:
        raise Refusal(keys=tuple(limits))
    return sorted(found, key=_usefulness)


def _usefulness(order: Order) -> int:
    wanted = (CLAIMABLE, OPEN_CLAIM, {OrderState.SCHEDULED, OrderState.UNROUTABLE})
    return next((i for i, states in enumerate(wanted) if order.state in states), len(wanted))


def check_factor(order: Order) -> None:
    """Whether the patient's second factor may still be tried. Raises LockedOut."""
    if order.wrong_codes >= MOST_PER_CODE:
        raise LockedOut(_LOCKED)


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
