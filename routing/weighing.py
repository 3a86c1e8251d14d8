"""Reads what ranks dispensers: stock, hours, distance, insurance, past declines. A few queries for a whole pool."""

import math
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from routing import hours, stocking
from routing.choose import Standing, Stock
from routing.models import Closure, Dispenser, Offer

LOOK_BACK = timedelta(days=30)
EARTH_KM = 6371.0


def standings(
    codes: Collection[str], document: Mapping[str, Any], origin: str, *, at: datetime
) -> dict[str, Standing]:
    """What ranks each dispenser for the lines of a document. `origin`: the placer; distances are from there."""
    rows = {row.pk: row for row in Dispenser.objects.filter(pk__in={*codes, origin})}
    stock = stocking.declared(codes, stocking.wanted(document), at=at)
    declines = _declines(codes, at)
    shut = closed_days(codes, at)
    local = timezone.localtime(at)
    start = rows.get(origin)
    made = {}
    for code in codes:
        row = rows.get(code)
        if row is not None:
            made[code] = Standing(
                stock=stock.get(code, Stock.UNKNOWN),
                wait=_wait(row, shut.get(code, set()), local),
                distance_km=distance(start, row),
                insurance=row.insurance,
                declines=declines.get(code, 0),
            )
    return made


def closed_days(codes: Collection[str], at: datetime) -> dict[str, set[date]]:
    """Days within reach on which each dispenser is closed: its own and the region's holidays."""
    first = timezone.localtime(at).date()
    last = first + timedelta(days=hours.AHEAD)
    rows = Closure.objects.filter(
        Q(dispenser__in=codes) | Q(dispenser=None), first__lte=last, last__gte=first
    )
    found: dict[str, set[date]] = {code: set() for code in codes}
    for row in rows:
        days = {row.first + timedelta(days=n) for n in range((row.last - row.first).days + 1)}
        for code in codes if row.dispenser_id is None else [row.dispenser_id]:
            found[code] |= days
    return found


def holidays() -> set[date]:
    """All public holidays of the region."""
    rows = Closure.objects.filter(dispenser=None)
    return {row.first + timedelta(days=n) for row in rows for n in range((row.last - row.first).days + 1)}


def answer_due(code: str, within: timedelta, *, at: datetime) -> datetime:
    """Until when a dispenser should have answered: `within` its opening hours, where it declared them."""
    row = Dispenser.objects.filter(pk=code).first()
    if row is None or not row.hours:
        return at + within
    opens = hours.opens_at(row.hours, closed_days([code], at)[code], timezone.localtime(at))
    return (opens or at) + within


def distance(start: Dispenser | None, to: Dispenser) -> Decimal | None:
    """Kilometres as the crow flies; None when one of the places is not known."""
    if start is None or None in (start.latitude, start.longitude, to.latitude, to.longitude):
        return None
    lat1, lon1, lat2, lon2 = (
        math.radians(float(x or 0)) for x in (start.latitude, start.longitude, to.latitude, to.longitude)
    )
    half = (
        math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return Decimal(f"{2 * EARTH_KM * math.asin(math.sqrt(half)):.1f}")


def _wait(row: Dispenser, shut: set[date], local: datetime) -> int | None:
    if not row.hours:
        return None
    opens = hours.opens_at(row.hours, shut, local)
    return hours.AHEAD * 24 * 60 if opens is None else math.ceil((opens - local).total_seconds() / 60)


def _declines(codes: Collection[str], at: datetime) -> dict[str, int]:
    rows = Offer.objects.filter(
        dispenser__in=codes,
        state__in=[Offer.State.DECLINED, Offer.State.TIMED_OUT],
        answered_at__gt=at - LOOK_BACK,
    )
    return dict(rows.values_list("dispenser").annotate(n=Count("pk")))
