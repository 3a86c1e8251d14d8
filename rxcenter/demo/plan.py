"""What one run of the demo works on, from the generator or from a file."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rxcenter.demo import inputs
from rxcenter.demo.generator import Post, generate
from rxcenter.demo.generator.places import Place, region
from rxcenter.demo.generator.planted import Planted


@dataclass(frozen=True, slots=True)
class Plan:
    """Institutions and pharmacies, history to import, posts in order, double posts, planted faults, a remark."""

    placers: list[Place]
    pharmacies: list[Place]
    history: list[bytes]
    posts: list[Post]
    replays: list[Post] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)
    remark: str = ""

    @property
    def first_posts(self) -> list[Post]:
        """Everything but next revisions, which need their first revision's id."""
        return [p for p in self.posts if p.amends is None]

    @property
    def amendments(self) -> list[Post]:
        return [p for p in self.posts if p.amends is not None]


def generated(seed: int, count: int, until: datetime) -> Plan:
    """A generated day that ends now."""
    stream = generate(seed, count, until)
    history = [json.dumps(document, ensure_ascii=False).encode() for document in stream.history]
    remark = f"{count} documents of {len(stream.placers)} institutions, seed {seed}; {len(history)} earlier ones as history"
    return Plan(
        stream.placers, stream.pharmacies, history, stream.posts, stream.replays, stream.planted, remark
    )


def from_file(path: Path, *, last: int | None, keep_dates: bool, now: datetime) -> Plan:
    """A file's documents; raises ValueError when it holds none that can be used."""
    day = inputs.read(path, last=last, until=None if keep_dates else now)
    _, pharmacies = region(0)
    dates = f"times as they are, the newest {day.newest:%Y-%m-%d %H:%M}"
    if not keep_dates:
        dates = (
            f"all times moved by {day.moved_days:+d} days, the newest is now of {day.newest:%Y-%m-%d %H:%M}"
        )
    remark = (
        f"{path.name}: {len(day.posts)} documents to post, {len(day.history)} earlier ones as history, "
        f"{len(day.places)} institutions; {dates}"
    )
    known = {p.code for p in day.places}
    return Plan(
        day.places, [p for p in pharmacies if p.code not in known], day.history, day.posts, remark=remark
    )
