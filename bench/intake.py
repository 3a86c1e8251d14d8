"""(a) Intake over HTTP: authentication, parsing, masking, encryption, ledger, job; against the floor, interleaved."""

import json
from collections.abc import Mapping
from typing import Any

from django.db import connection

from bench import figures, floor, wire
from bench.documents import Material
from rxcenter.demo import bootstrap, centre
from rxcenter.prescriptions.models import Prescription

LIST = 100


class Refusal(RuntimeError):
    """Something was not stored: then no figure means anything."""


def measure(
    material: Material, keys: Mapping[str, str], *, rounds: int, seconds: int, connections: int
) -> dict[str, Any]:
    """Rounds of floor, singles and lists, one after the other; medians and ratios of the medians."""
    result: dict[str, Any] = {
        "machine": figures.machine(),
        "documents": material.name,
        "connections": connections,
    }
    pgbench = floor.program()
    floors: list[float] = []
    singles: list[float] = []
    lists: list[float] = []
    latencies: list[tuple[float, float]] = []
    place = bootstrap.state_dir("bench")
    crew = wire.Crew()
    try:
        with centre.running(centre.free_port(None), place / "bench.log", only=("web",)) as url:
            _singles(url, material, keys, crew, 400, connections)  # warm: pools, prepared statements, keys
            floor.prepare(len(material.templates))
            stored = _stored_document()
            speed = 400.0
            for _ in range(rounds):
                if pgbench:
                    floors.append(
                        floor.measure(
                            pgbench,
                            *stored,
                            place,
                            seconds=seconds,
                            clients=8,
                            streams=len(material.templates),
                        )
                    )
                speed, latency = _singles(url, material, keys, crew, round(speed * seconds), connections)
                singles.append(speed)
                latencies.append(latency)
                lists.append(_lists(url, material, keys, crew, max(8, round(speed * seconds * 2 / LIST))))
    finally:
        crew.close()
    result["floor_per_s"] = (
        {"rounds": floors, "median": figures.median(floors)} if floors else "pgbench not found"
    )
    result["single_per_s"] = {"rounds": singles, "median": figures.median(singles)}
    result["single_ms"] = {
        "p50": figures.median([p50 for p50, _ in latencies]),
        "p99": figures.median([p99 for _, p99 in latencies]),
    }
    result["list_of_100_prescriptions_per_s"] = {"rounds": lists, "median": figures.median(lists)}
    if floors:
        base = figures.median(floors)
        result["ratio_single_to_floor"] = figures.median(singles) / base
        result["ratio_list_to_floor"] = figures.median(lists) / base
    return result


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
