"""(d) Claims over HTTP: many dispensers' machines claim what they were offered; against the floor, interleaved.

Every round begins with the same number of open orders: really received, approved and routed ones, written in bulk by
the verbs themselves, each offered to one of the region's pharmacies.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db.models import Count
from django.utils import timezone

from audit_rules import document as rx
from bench import claims_floor, documents, figures, floor, wire
from bench.documents import Material
from bench.intake import Refusal
from routing import ordering
from routing.models import Offer
from rxcenter.accounts.keys import Client, check
from rxcenter.accounts.roles import SYSTEM
from rxcenter.demo import bootstrap, centre
from rxcenter.jobs.models import Job
from rxcenter.jobs.queue import Work
from rxcenter.ledger.recording import transaction
from rxcenter.prescriptions.lifecycle import Step, move_all
from rxcenter.prescriptions.receiving import Posted, receive

OPEN_ORDERS = 10_000
PATH = "/api/v1/claims"
_BATCH = 500  # prescriptions received, approved and routed in one transaction each


class Offered(NamedTuple):
    """An order that waits, and who may claim it."""

    order: UUID
    dispenser: str


def measure(
    material: Material,
    keys: Mapping[str, str],
    *,
    rounds: int,
    seconds: int,
    connections: int,
    orders: int = OPEN_ORDERS,
) -> dict[str, Any]:
    """Rounds of floor, then claims for about `seconds`, each from `orders` open orders."""
    machine = figures.machine()
    nominating(material, [place.code for place in documents.pharmacies()])
    crew = wire.Crew()
    floors: list[float] = []
    found: list[tuple[float, float, float]] = []
    log = bootstrap.state_dir("bench") / "bench.log"
    try:
        fill(material, keys, orders)
        with centre.running(centre.free_port(None), log, only=("web",)) as url:
            speed = claim_some(url, keys, crew, max(connections, orders // 20), connections)[0]  # warm
            for _ in range(rounds):
                fill(material, keys, orders)
                if pgbench := floor.program():
                    place = bootstrap.state_dir("bench")
                    floors.append(claims_floor.measure(pgbench, place, orders=orders, clients=connections))
                found.append(claim_some(url, keys, crew, min(orders, round(speed * seconds)), connections))
    finally:
        crew.close()
    summed = summary(floors, found)
    return {"machine": machine, "open_orders": orders, "connections": connections, **summed}


def summary(floors: Sequence[float], found: Sequence[tuple[float, float, float]]) -> dict[str, Any]:
    """Medians of the rounds; each round's ratio is to the floor measured just before it."""
    speeds = [speed for speed, _, _ in found]
    shown: dict[str, Any] = {
        "floor_per_s": "pgbench not found",
        "claims_per_s": {"rounds": speeds, "median": figures.median(speeds)},
        "claim_ms": {
            "p50": figures.median([p50 for _, p50, _ in found]),
            "p99": figures.median([p99 for _, _, p99 in found]),
        },
    }
    if floors:
        ratios = [speed / floor_ for speed, floor_ in zip(speeds, floors, strict=True)]
        shown["floor_per_s"] = {"rounds": list(floors), "median": figures.median(floors)}
        shown["ratio_to_floor"] = {"rounds": ratios, "median": figures.median(ratios)}
    return shown


def nominating(material: Material, pharmacies: Sequence[str], at: datetime | None = None) -> None:
    """The material's documents as of an hour ago, each nominating one of the pharmacies in turn."""
    issued = ((at or timezone.now()) - timedelta(hours=1)).isoformat()
    turn = 0
    for code, templates in material.templates.items():
        changed = []
        for body, number in templates:
            document = json.loads(body)
            document.pop("repeat", None)
            nominated = [pharmacies[turn % len(pharmacies)]]
            document |= {
                "number": number,
                "issued_at": issued,
                "setting": "outpatient",
                "routing": {"nominated": nominated, "delivery": "pickup"},
            }
            changed.append((json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(), number))
            turn += 1
        material.templates[code] = changed


def fill(material: Material, keys: Mapping[str, str], wanted: int) -> None:
    """Receive, approve and route new prescriptions until so many orders are offered."""
    at = timezone.now()
    clients = {code: _client(keys[code], at) for code in material.templates}
    missing = wanted - Offer.objects.filter(state=Offer.State.PENDING).count()
    while missing > 0:
        _batch(material, clients, min(missing, _BATCH), at)
        left = wanted - Offer.objects.filter(state=Offer.State.PENDING).count()
        if left >= missing:
            raise Refusal("approved prescriptions were not offered to anybody")
        missing = left


def _batch(material: Material, clients: Mapping[str, Client], count: int, at: datetime) -> None:
    """What intake, a clean audit and the route job do, with nothing left for a worker to do again."""
    posts = [material.fresh() for _ in range(count)]
    with transaction():
        stored = receive([Posted(rx.parse(body), body, clients[code]) for code, body in posts], at=at)
        ids = [receipt.id for receipt in stored if receipt.id is not None and receipt.created]
        if len(ids) != count:
            raise Refusal(f"{count - len(ids)} of {count} prescriptions were not stored")
        move_all([Step(pk, "audit_passed") for pk in ids], by=SYSTEM, at=at)
        ordering.work([Work(0, "route", pk, {"groups": []}, 1, pk) for pk in ids], at)
        Job.objects.filter(kind="audit", subject__in=ids).delete()


def claim_some(
    url: str, keys: Mapping[str, str], crew: wire.Crew, count: int, connections: int
) -> tuple[float, float, float]:
    """(claims per second, p50 ms, p99 ms) of claiming `count` offered orders, all dispensers taking part alike."""
    sent, speed = crew.fire(url, [_request(url, keys, one) for one in offered(count)], connections)
    wrong = [s for s in sent if s.status != 201]
    if wrong or len(sent) != count:
        raise Refusal(f"{len(wrong)} of {count} orders were not claimed: {wrong[:1]}")
    times = [s.seconds * 1000 for s in sent]
    return speed, figures.percentile(times, 0.5), figures.percentile(times, 0.99)


def offered(count: int) -> list[Offered]:
    """The oldest offers, each dispenser's in turn."""
    queues: dict[str, list[Offered]] = defaultdict(list)
    pending = Offer.objects.filter(state=Offer.State.PENDING).order_by("pk")
    for order, dispenser in pending.values_list("order_id", "dispenser_id"):
        queues[dispenser].append(Offered(order, dispenser))
    in_turn: list[Offered] = []
    while len(in_turn) < count and any(queues.values()):
        in_turn += [queue.pop(0) for queue in queues.values() if queue]
    return in_turn[:count]


def spread() -> dict[str, int]:
    """How many offers wait at each dispenser."""
    pending = Offer.objects.filter(state=Offer.State.PENDING)
    return dict(pending.values_list("dispenser_id").annotate(n=Count("pk")))


def _request(url: str, keys: Mapping[str, str], one: Offered) -> bytes:
    body = json.dumps({"order": str(one.order)}).encode()
    head = {"Idempotency-Key": str(uuid4())}
    return wire.request(url, keys[one.dispenser], body, path=PATH, headers=head)


def _client(key: str, at: datetime) -> Client:
    client = check(key, at=at)
    if client is None:
        raise Refusal("a key of the bench is not valid")
    return client
