"""(a) Intake over HTTP: authentication, parsing, masking, encryption, ledger, job; against the floor, interleaved."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from bench import figures, floor, wire
from bench.documents import Material
from rxcenter.demo import bootstrap, centre
from rxcenter.prescriptions.models import Prescription

LIST = 100


class Refusal(RuntimeError):
    """Something was not stored: then no figure means anything."""


@dataclass
class Rounds:
    """What the rounds found, each list one value a round: per second, and (p50, p99) in ms."""

    floors: list[float] = field(default_factory=list)
    singles: list[float] = field(default_factory=list)
    lists: list[float] = field(default_factory=list)
    latencies: list[tuple[float, float]] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """Medians; each round's ratio is to the floor measured just before it."""
        single, many = figures.median(self.singles), figures.median(self.lists)
        found: dict[str, Any] = {
            "floor_per_s": "pgbench not found",
            "single_per_s": {"rounds": self.singles, "median": single},
            "single_ms": {
                "p50": figures.median([p50 for p50, _ in self.latencies]),
                "p99": figures.median([p99 for _, p99 in self.latencies]),
            },
            "list_of_100_prescriptions_per_s": {"rounds": self.lists, "median": many},
        }
        if self.floors:
            found["floor_per_s"] = {"rounds": self.floors, "median": figures.median(self.floors)}
            for name, values in (("single", self.singles), ("list", self.lists)):
                ratios = [value / floor_ for value, floor_ in zip(values, self.floors, strict=True)]
                found[f"ratio_{name}_to_floor"] = {"rounds": ratios, "median": figures.median(ratios)}
        return found


def measure(
    material: Material, keys: Mapping[str, str], *, rounds: int, seconds: int, connections: int
) -> dict[str, Any]:
    """Rounds of floor, singles and lists, one after the other."""
    machine = figures.machine()
    crew = wire.Crew()
    log = bootstrap.state_dir("bench") / "bench.log"
    try:
        with centre.running(centre.free_port(None), log, only=("web",)) as url:
            found = _rounds(url, material, keys, crew, rounds, seconds, connections)
    finally:
        crew.close()
    return {"machine": machine, "documents": material.name, "connections": connections, **found.summary()}


def _rounds(
    url: str,
    material: Material,
    keys: Mapping[str, str],
    crew: wire.Crew,
    rounds: int,
    seconds: int,
    connections: int,
) -> Rounds:
    speed, _ = _singles(url, material, keys, crew, 400, connections)  # warm: prepared statements, keys
    speed, _ = _singles(url, material, keys, crew, round(speed), connections)
    streams, pgbench, found = len(material.templates), floor.program(), Rounds()
    floor.prepare(streams)
    code, document = _stored_document()
    for _ in range(rounds):
        if pgbench:
            place = bootstrap.state_dir("bench")
            found.floors.append(
                floor.measure(pgbench, code, document, place, seconds=seconds, clients=8, streams=streams)
            )
        speed, latency = _singles(url, material, keys, crew, round(speed * seconds), connections)
        found.singles.append(speed)
        found.latencies.append(latency)
        found.lists.append(_lists(url, material, keys, crew, max(8, round(speed * seconds * 2 / LIST))))
    return found


def _singles(
    url: str, material: Material, keys: Mapping[str, str], crew: wire.Crew, count: int, connections: int
) -> tuple[float, tuple[float, float]]:
    """(requests per second, (p50, p99) in ms) of `count` single posts."""
    fresh = [material.fresh() for _ in range(count)]
    sent, speed = crew.fire(url, [wire.request(url, keys[code], body) for code, body in fresh], connections)
    wrong = [s for s in sent if s.status != 201]
    if wrong or len(sent) != count:
        raise Refusal(f"{len(wrong)} of {count} posts were not stored: {wrong[:1]}")
    times = [s.seconds * 1000 for s in sent]
    return speed, (figures.percentile(times, 0.5), figures.percentile(times, 0.99))


def _lists(url: str, material: Material, keys: Mapping[str, str], crew: wire.Crew, count: int) -> float:
    """Prescriptions per second of `count` posts of 100 documents each."""
    codes = sorted(material.templates)
    requests = []
    for n in range(count):
        code = codes[n % len(codes)]
        body = b"[" + b",".join(material.fresh(code)[1] for _ in range(LIST)) + b"]"
        requests.append(wire.request(url, keys[code], body))
    sent, speed = crew.fire(url, requests, 4)
    stored = sum(one["status"] == 201 for s in sent for one in json.loads(s.body)["results"])
    if stored != count * LIST:
        raise Refusal(f"{count * LIST - stored} of {count * LIST} documents of lists were not stored")
    return speed * LIST


def _stored_document() -> tuple[str, str]:
    """(institution, document) of a stored prescription of median size: what the floor writes again and again."""
    with connection.cursor() as cursor:
        table = Prescription._meta.db_table
        cursor.execute(f"SELECT institution_id, document::text FROM {table} ORDER BY length(document::text)")
        rows = cursor.fetchall()
    code, document = rows[len(rows) // 2]
    return str(code), str(document)
