"""Holds a model against the database: after every step both say the same, and what must never be is not."""

import json
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from routing.checking import orphans
from tests.scenarios import model

WAITING = ("scheduled", "open", "offered", "unroutable")


class OrderRow(NamedTuple):
    pk: UUID
    state: str
    cancel_requested: bool


class LineRow(NamedTuple):
    order: UUID
    line: int
    authorised: Decimal | None
    remaining: Decimal | None
    supplied: bool
    not_supplied: str
    live: bool


class Seen:
    """What the database says of some prescriptions. Plain SQL: this is asked after every step of a walk."""

    def __init__(self, rxs: Sequence[model.Rx]) -> None:
        pks = [rx.pk for rx in rxs]
        self.states = dict(
            _rows("SELECT id, state FROM prescriptions_prescription WHERE id = ANY(%s)", [pks])
        )
        orders = _rows(
            "SELECT id, state, cancel_requested FROM routing_order WHERE prescription_id = ANY(%s)", [pks]
        )
        self.orders = {row[0]: OrderRow(*row) for row in orders}
        about = [list(self.orders)]
        self.held = _grouped(
            "SELECT order_id, id, dispenser_id FROM routing_claim WHERE state = 'open' AND order_id = ANY(%s)",
            about,
        )
        self.asked = _grouped(
            "SELECT order_id, dispenser_id FROM routing_offer WHERE state = 'pending' AND order_id = ANY(%s)",
            about,
        )
        self.given = _grouped(
            """SELECT order_id, id, lines::text FROM routing_dispense d WHERE withdrawn_at IS NULL AND order_id = ANY(%s)
            AND NOT EXISTS (SELECT 1 FROM routing_dispense n WHERE n.replaces_id = d.id)""",
            about,
        )
        self.lines: dict[Any, list[LineRow]] = defaultdict(list)
        found = _rows(
            """SELECT order_id, line, authorised, remaining, supplied, not_supplied, live FROM routing_orderline
            WHERE order_id = ANY(%s)""",
            about,
        )
        for row in found:
            self.lines[row[0]].append(LineRow(*row))


def _rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _grouped(sql: str, values: Sequence[Any]) -> dict[Any, list[tuple[Any, ...]]]:
    found: dict[Any, list[tuple[Any, ...]]] = defaultdict(list)
    for first, *rest in _rows(sql, values):
        found[first].append(tuple(rest))
    return found


def compare(rxs: Sequence[model.Rx]) -> None:
    """Everything that the models know."""
    seen = Seen(rxs)
    assert seen.orders.keys() == {order.pk for rx in rxs for order in rx.orders}
    for rx in rxs:
        for order in rx.orders:
            _order(order, seen)
        said = seen.states[rx.pk]
        assert said == rx.state, f"{said}, the model says {rx.state}: {[o.phase for o in rx.orders]}"
        _sums(rx, seen)


def _order(order: model.Order, seen: Seen) -> None:
    row = seen.orders[order.pk]
    said = "waiting" if row.state in WAITING else row.state
    assert said == order.phase, f"{row.pk}: {row.state}, the model says {order.phase}"
    held = [(order.claim, order.holder)] if order.phase in model.HELD else []
    assert seen.held[row.pk] == held, f"{row.pk} is held by {seen.held[row.pk]}"
    assert row.cancel_requested is (order.cancel_at is not None)
    lines = {
        r.line: model.Line(r.authorised, r.remaining, r.supplied or bool(r.not_supplied))
        for r in seen.lines[row.pk]
    }
    assert lines == order.lines, f"{row.pk}: {lines}, the model says {order.lines}"
    assert bool(seen.asked[row.pk]) is (row.state == "offered"), "somebody is asked of what does not wait"
    assert {pk for pk, _lines in seen.given[row.pk]} == {pk for pk, _parts, _who in order.given}


def _sums(rx: model.Rx, seen: Seen) -> None:
    """Invariants 1, 2 and 22: nothing more is authorised or supplied than was prescribed, each line in one place."""
    mine = [order.pk for order in rx.orders]
    supplied: dict[int, Decimal] = defaultdict(Decimal)
    for parts in (json.loads(lines) for pk in mine for _pk, lines in seen.given[pk]):
        for part in parts:
            supplied[part["line"]] += Decimal(part["quantity"] or 0)
    for n, whole in rx.prescribed.items():
        rows = [row for pk in mine for row in seen.lines[pk] if row.line == n]
        assert len([row for row in rows if row.live]) <= 1, "a line in two places"
        if whole is not None:
            authorised = sum(row.authorised or 0 for row in rows)
            assert authorised == whole - rx.stopped.get(n, 0)
            assert supplied[n] <= authorised
            assert sum(row.remaining or 0 for row in rows) == authorised - supplied[n]


_TWO_HOLDERS = """SELECT count(*) FROM routing_orderline l JOIN routing_claim c ON c.order_id = l.order_id
WHERE l.live AND c.state = 'open' GROUP BY l.prescription_id, l.issue, l.line HAVING count(*) > 1"""


def world() -> None:
    """What holds for all prescriptions at once."""
    assert orphans() == []
    assert _rows(_TWO_HOLDERS, []) == [], "a line with two holders"
