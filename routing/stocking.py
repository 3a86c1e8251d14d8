"""Declared stock: dispensers report it, ranking reads it. It promises nothing; the claim decides."""

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from routing.choose import Stock
from routing.models import Dispenser, StockItem

FRESH = timedelta(hours=24)  # what was declared before says nothing any more
MOST_ITEMS = 5000


@dataclass(frozen=True, slots=True)
class Declared:
    """One article as a feed names it: by `code`, by `name`, or both. `quantity` None = in stock, not counted."""

    code: str | None
    name: str | None
    strength: str = ""
    quantity: Decimal | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line as stock is asked for it."""

    articles: frozenset[str]
    strength: str
    quantity: Decimal | None
    unit: str


def article(text: str) -> str:
    """A name or code as it is compared: exactly, but for width, case and spaces."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())[:200]


def report(
    dispenser: str, items: Iterable[Declared], *, as_of: datetime, complete: bool, at: datetime
) -> int:
    """Take a feed over, newer facts only; `complete`: what it does not name is out of stock. Returns rows written."""
    rows = {}
    for item in items:
        for text in (item.code, item.name):
            if text:
                key = (article(text), article(item.strength), article(item.unit))
                rows[key] = item.quantity
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO routing_stockitem AS s (dispenser_id, article, strength, unit, quantity, as_of)
            SELECT %s, x.article, x.strength, x.unit, x.quantity, %s
            FROM unnest(%s::text[], %s::text[], %s::text[], %s::numeric[]) AS x(article, strength, unit, quantity)
            ORDER BY 2, 3, 4
            ON CONFLICT (dispenser_id, article, strength, unit) DO UPDATE
            SET quantity = excluded.quantity, as_of = excluded.as_of WHERE s.as_of <= excluded.as_of""",
            [
                dispenser,
                as_of,
                [k[0] for k in rows],
                [k[1] for k in rows],
                [k[2] for k in rows],
                list(rows.values()),
            ],
        )
        written = int(cursor.rowcount)
    if complete:
        StockItem.objects.filter(dispenser=dispenser, as_of__lt=as_of).delete()
    Dispenser.objects.filter(pk=dispenser).update(stock_reported_at=at)
    return written


def wanted(document: Mapping[str, Any]) -> list[Wanted]:
    """What the lines of a document ask for."""
    return [_wanted(item) for item in document["items"]]


def _wanted(item: Mapping[str, Any]) -> Wanted:
    drug, strength, quantity = item.get("drug") or {}, item.get("strength") or {}, item.get("quantity") or {}
    value = strength.get("value")
    written = "" if value is None else f"{Decimal(str(value)).normalize():f}{strength.get('unit') or ''}"
    amount = quantity.get("value")
    return Wanted(
        frozenset(article(t) for t in (drug.get("code"), drug.get("name")) if t),
        article(written),
        None if amount is None else Decimal(str(amount)),
        article(quantity.get("unit") or ""),
    )


def declared(codes: Collection[str], lines: Sequence[Wanted], *, at: datetime) -> dict[str, Stock]:
    """What each dispenser's fresh declaration says about these lines; one query."""
    names = {name for line in lines for name in line.articles}
    rows = StockItem.objects.filter(dispenser__in=codes, article__in=names, as_of__gt=at - FRESH)
    found: dict[str, list[StockItem]] = {}
    for row in rows:
        found.setdefault(row.dispenser_id, []).append(row)
    reporting = Dispenser.objects.filter(pk__in=codes, stock_reported_at__gt=at - FRESH)
    fresh = set(reporting.values_list("pk", flat=True))
    return {
        code: _altogether([_has(line, found.get(code, [])) for line in lines], code in fresh)
        for code in codes
    }


def _has(line: Wanted, rows: Iterable[StockItem]) -> bool | None:
    """Whether a declaration covers the line; None when it does not speak of it."""
    said = [_covers(line, row) for row in rows if _speaks(line, row)]
    return None if not said else any(said)


def _speaks(line: Wanted, row: StockItem) -> bool:
    same_strength = not row.strength or not line.strength or row.strength == line.strength
    return row.article in line.articles and same_strength


def _covers(line: Wanted, row: StockItem) -> bool:
    if row.quantity is None:
        return True
    comparable = line.quantity is not None and (not row.unit or row.unit == line.unit)
    return row.quantity >= line.quantity if comparable and line.quantity is not None else row.quantity > 0


def _altogether(answers: Sequence[bool | None], reports: bool) -> Stock:
    if not reports or not answers:
        return Stock.UNKNOWN
    if all(answers):
        return Stock.ENOUGH
    if any(answers):
        return Stock.PARTLY if False in answers else Stock.UNKNOWN
    return Stock.NONE if all(a is False for a in answers) else Stock.UNKNOWN
