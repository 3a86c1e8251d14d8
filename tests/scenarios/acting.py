"""The verbs as the state machine calls them: done, or refused with one of the protocol's own refusals."""

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from routing.dispensing import Handover
from routing.models import Order
from routing.supplying import Supplied
from rxcenter.accounts.roles import Actor, Role
from rxcenter.errors import Refused
from rxcenter.jobs.models import Job
from rxcenter.jobs.queue import Work
from rxcenter.jobs.working import HANDLERS
from rxcenter.ledger.recording import transaction
from tests import people
from tests.people import Place
from tests.routing import acts, road
from tests.scenarios import model

NAMES = itertools.count(1)
KINDS = (
    "lapse",
    "expire",
    "offer_timeout",
    "open_window",
    "stale",
    "cancel_decision",
    "transfer_timeout",
    "settle",
)
DISPENSERS = ("P0001", "P0002", "P0003")
ANNA, BEN = Actor(Role.OPERATOR, "anna"), Actor(Role.REGULATOR, "ben")


def build() -> list[Place]:
    """Two placers and three pharmacies."""
    places = [people.north(), people.place("H0002", "南方医院", "hospital", "hospital"), people.oak()]
    for place in places[:2]:
        road.dispenser(place)
    road.dispenser(places[2], in_pool=True)
    return [*places, road.pharmacy("P0002", in_pool=True), road.pharmacy("P0003", in_pool=True)]


def dispenser(code: str) -> Actor:
    return Actor(Role.DISPENSER, "key", code)


def tried(act: Callable[[], Any]) -> Any:
    """What an act gave, None when it was refused; anything else that is raised is a fault of the code."""
    try:
        return act()
    except Refused:
        return None


def prescribed(
    place: Place, quantities: Sequence[int | None], routing: dict[str, Any], at: datetime
) -> model.Rx:
    """Approved and routed, with the model of it."""
    items = acts.items(*quantities)
    for item in items:
        item["drug"] = {"name": f"药{item['line']}"}
    order = road.routed(place, at=at, routing=routing, items=items, number=f"M{next(NAMES)}")
    lines = {n: None if q is None else Decimal(q) for n, q in enumerate(quantities, 1)}
    whole = {n: model.Line(q, q) for n, q in lines.items()}
    said = routing or {"nominated": [place.code]}
    first = model.Order(order.pk, whole, order.expires_at, named=frozenset(said["nominated"]))
    return model.Rx(order.prescription_id, place.code, lines, [first], consent=said.get("consent", False))


def handover(parts: Sequence[model.Part], owed: bool, at: datetime) -> Handover:
    lines = [Supplied(n, quantity, owed=owed) for n, quantity in parts]
    return Handover(f"D{next(NAMES)}", "YS1", at, lines, override="known_patient", checked_by="YS1")


def claimants(order: UUID, proven: bool) -> list[str]:
    """Who may claim it now: who was asked; with the patient's code, what is open to all, whoever takes part."""
    row = Order.objects.get(pk=order)
    asked = row.offers.filter(state="pending").values_list("dispenser_id", flat=True)
    return sorted({*asked, *(DISPENSERS if proven and row.pool else ())})


def mostly(parts: Sequence[model.Part], order: model.Order) -> list[model.Part]:
    """Parts moved onto lines that the order has; the third line stays what it is, wrong as it may be."""
    lines = sorted(order.lines)
    return [(lines[n % len(lines)] if lines and n < 3 else n, quantity) for n, quantity in parts]


def timers(at: datetime) -> None:
    """Every timer of custody that is due, as a worker runs it, until none is."""
    while due := list(
        Job.objects.filter(state="due", due_at__lte=at, kind__in=KINDS).order_by("due_at", "pk")[:20]
    ):
        kind = due[0].kind
        batch = [job for job in due if job.kind == kind]
        Job.objects.filter(pk__in=[job.pk for job in batch]).update(state="running")
        with transaction():
            work = [Work(job.pk, kind, job.subject, job.payload, 1, job.subject) for job in batch]
            HANDLERS[kind].work(work, max(at, due[0].due_at + timedelta(microseconds=1)))
            Job.objects.filter(pk__in=[job.pk for job in batch]).update(state="done")
