"""(c) The whole road: posts over HTTP to decisions in the database, with relay and worker as in production."""

import json
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from bench import figures, wire
from bench.documents import Material
from rxcenter.demo import bootstrap, centre

POSTS_PER_SECOND = 100.0
PATIENCE = 120.0
LOOK_EVERY = 0.005  # seconds: how finely a decision's moment is known


class Watcher(threading.Thread):
    """Sees audits as they become visible to others, that is after their commit, and notes when."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: dict[str, float] = {}
        self._over = threading.Event()

    def run(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(max(id), 0) FROM review_auditrun")
            [floor] = cursor.fetchone()
            while not self._over.wait(LOOK_EVERY):
                # Two workers may commit out of order, so the last ids are looked at again.
                cursor.execute("SELECT id, prescription_id FROM review_auditrun WHERE id > %s", [floor])
                rows = cursor.fetchall()
                now = time.monotonic()
                for _, prescription in rows:
                    self.seen.setdefault(str(prescription), now)
                floor = max([floor, *(id_ - 1000 for id_, _ in rows)])
        connection.close()

    def wait_for(self, ids: Sequence[str]) -> None:
        """Until all are decided; raises RuntimeError when that takes too long."""
        end = time.monotonic() + PATIENCE
        while not self.seen.keys() >= set(ids):
            if time.monotonic() > end:
                raise RuntimeError(
                    f"{len(set(ids) - self.seen.keys())} prescriptions were not decided in {PATIENCE} s"
                )
            time.sleep(0.02)

    def stop(self) -> None:
        self._over.set()
        self.join()


def measure(
    material: Material, keys: Mapping[str, str], *, rounds: int, seconds: int, connections: int
) -> dict[str, Any]:
    """Rounds of: as fast as possible (decisions per second), then at 100 posts/s (latency from due post to decision)."""
    log = bootstrap.state_dir("bench") / "bench.log"
    speeds: list[float] = []
    posts: list[tuple[float, float]] = []
    decisions: list[tuple[float, float]] = []
    with centre.running(centre.free_port(None), log) as url:
        _flood(url, material, keys, 300, connections)  # warm
        for _ in range(rounds):
            speeds.append(_flood(url, material, keys, 150 * seconds, connections))
            posted, decided = _steady(url, material, keys, round(POSTS_PER_SECOND * seconds), connections)
            posts.append(posted)
            decisions.append(decided)
    return {
        "machine": figures.machine(),
        "documents": material.name,
        "decisions_per_s": {"rounds": speeds, "median": figures.median(speeds)},
        "at_posts_per_s": POSTS_PER_SECOND,
        "post_to_answer_ms": _medians(posts),
        "post_to_decision_ms": _medians(decisions) | {"p99_rounds": [p99 for _, p99 in decisions]},
    }


def _flood(url: str, material: Material, keys: Mapping[str, str], count: int, connections: int) -> float:
    """Decisions per second, from the first post to the last decision."""
    watcher = Watcher()
    watcher.start()
    sent = wire.fire(url, _requests(url, material, keys, count), connections)
    ids = _ids(sent)
    watcher.wait_for(ids)
    watcher.stop()
    return count / (max(watcher.seen[i] for i in ids) - min(s.began for s in sent))


def _steady(
    url: str, material: Material, keys: Mapping[str, str], count: int, connections: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """((p50, p99) of post → answer, (p50, p99) of post → decision), in ms, at a fixed rate."""
    watcher = Watcher()
    watcher.start()
    sent = wire.fire_at_rate(url, _requests(url, material, keys, count), POSTS_PER_SECOND, connections)
    ids = _ids(sent)
    watcher.wait_for(ids)
    watcher.stop()
    answered = [s.seconds * 1000 for s in sent]
    decided = [(watcher.seen[i] - s.began) * 1000 for i, s in zip(ids, sent, strict=True)]
    return _two(answered), _two(decided)


def _requests(url: str, material: Material, keys: Mapping[str, str], count: int) -> list[bytes]:
    fresh = [material.fresh() for _ in range(count)]
    return [wire.request(url, keys[code], body) for code, body in fresh]


def _ids(sent: Sequence[wire.Sent]) -> list[str]:
    wrong = [s for s in sent if s.status != 201]
    if wrong:
        raise RuntimeError(f"{len(wrong)} of {len(sent)} posts were not stored: {wrong[0]}")
    return [json.loads(s.body)["id"] for s in sent]


def _two(values: Sequence[float]) -> tuple[float, float]:
    return figures.percentile(values, 0.5), figures.percentile(values, 0.99)


def _medians(pairs: Sequence[tuple[float, float]]) -> dict[str, Any]:
    return {"p50": figures.median([a for a, _ in pairs]), "p99": figures.median([b for _, b in pairs])}
