"""Holds a model against the database: after every step both say the same, and what must never be is not."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import connection

from routing.checking import orphans
from routing.models import Claim, Dispense, Offer, Order, OrderLine
from rxcenter.prescriptions.models import Prescription
from tests.scenarios import model

WAITING = ("scheduled", "open", "offered", "unroutable")


class Seen:
    """What the database says of some prescriptions, read in a few queries."""

    def __init__(self, rxs: Sequence[model.Rx]) -> None:
        pks = [rx.pk for rx in rxs]
        self.states = dict(Prescription.objects.filter(pk__in=pks).values_list("pk", "state"))
        self.orders = {row.pk: row for row in Order.objects.filter(prescription__in=pks)}
        about = {"order__in": list(self.orders)}
        held = Claim.objects.filter(state="open", **about).values_list("order", "pk", "dispenser_id")
        self.held = _grouped(held)
        self.asked = _grouped(
            Offer.objects.filter(state="pending", **about).values_list("order", "dispenser_id")
        )
        standing = Dispense.objects.filter(withdrawn_at=None, replaced_by=None, **about)
        self.given = _grouped(standing.values_list("order", "pk", "lines"))
        self.lines: dict[Any, list[OrderLine]] = defaultdict(list)
        for row in OrderLine.objects.filter(**about):
            self.lines[row.order_id].append(row)


def _grouped(rows: Any) -> dict[Any, list[tuple[Any, ...]]]:
    found: dict[Any, list[tuple[Any, ...]]] = defaultdict(list)
    for first, *rest in rows:
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
    for parts in (lines for pk in mine for _pk, lines in seen.given[pk]):
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
    with connection.cursor() as cursor:
        cursor.execute(_TWO_HOLDERS)
        assert cursor.fetchall() == [], "a line with two holders"
