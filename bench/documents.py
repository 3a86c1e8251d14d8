"""The documents that are measured with: the demo's generated day, or a file's."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path

from rxcenter.demo import inputs
from rxcenter.demo.generator import generate
from rxcenter.demo.generator.places import Place, region
from rxcenter.prescriptions.history_files import documents

SEED, COUNT = 11, 600
UNTIL = datetime(2026, 11, 20, 16, 0, tzinfo=timezone(timedelta(hours=8)))


@dataclass
class Material:
    """Templates by institution, with their numbers, and the places they come from; `earlier` is history."""

    places: list[Place]
    templates: dict[str, list[tuple[bytes, str]]]
    earlier: list[bytes]
    name: str
    _serial: Iterator[int] = field(default_factory=count)

    def fresh(self, institution: str | None = None) -> tuple[str, bytes]:
        """(institution, document) under a number never used before in this run."""
        serial = next(self._serial)
        codes = sorted(self.templates)
        code = institution or codes[serial % len(codes)]
        body, number = self.templates[code][(serial // len(codes)) % len(self.templates[code])]
        return code, body.replace(f'"number":"{number}"'.encode(), f'"number":"B{serial:09d}"'.encode(), 1)

    @property
    def bodies(self) -> list[bytes]:
        """All templates as they are."""
        return [body for listed in self.templates.values() for body, _ in listed]


def generated(count: int = COUNT) -> Material:
    """The demo's day: no malformed documents, first revisions only."""
    stream = generate(SEED, count, UNTIL)
    posts = [p for p in stream.posts if not p.malformed and not p.amends]
    earlier = [_compact(json.dumps(d)) for d in stream.history]
    name = f"generated, seed {SEED}, {len(posts)} documents"
    return Material(region(SEED)[0], _by_institution([p.body for p in posts]), earlier, name)


def pharmacies() -> list[Place]:
    """The region's pharmacies, which prescribe nothing."""
    return region(SEED)[1]


def from_file(path: Path, count: int = COUNT) -> Material:
    """The newest `count` of a file; the others are history."""
    found = sorted((_compact(raw) for raw in documents(path)), key=lambda raw: json.loads(raw)["issued_at"])
    live, earlier = found[-count:], found[:-count]
    places = inputs.institutions(json.loads(raw) for raw in found)
    return Material(places, _by_institution(live), earlier, f"{path.name}, newest {len(live)} documents")


def _by_institution(bodies: list[bytes]) -> dict[str, list[tuple[bytes, str]]]:
    templates: dict[str, list[tuple[bytes, str]]] = {}
    for body in bodies:
        document = json.loads(body)
        templates.setdefault(document["institution"]["code"], []).append((body, document["number"]))
    return templates


def _compact(raw: bytes | str) -> bytes:
    return json.dumps(json.loads(raw), ensure_ascii=False, separators=(",", ":")).encode()
