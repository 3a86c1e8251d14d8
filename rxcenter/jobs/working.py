"""Drains the queue: claim a batch, do it in one transaction with its results, count failures, quarantine."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from django.db import OperationalError, close_old_connections

from rxcenter.jobs import queue
from rxcenter.jobs.queue import LeaseLost, Work
from rxcenter.ledger.recording import transaction

log = logging.getLogger(__name__)
LANE = "celery"  # Celery's own name for its default queue


@dataclass(frozen=True, slots=True)
class Handler:
    """What a room does with one kind of job.

    `work(jobs, at)` runs in a transaction that also marks the jobs done: all or nothing.
    `give_up(job, at)` runs in the transaction that quarantines a job whose attempts are used up.
    `lane` is the Celery queue whose processes do it: what talks to the outside must not keep an audit waiting.
    With `commits`, `work` runs outside a transaction, makes short ones of its own and may be run twice: no
    transaction stays open while somebody else's machine is waited for.
    """

    work: Callable[[Sequence[Work], datetime], None]
    give_up: Callable[[Work, datetime], None]
    batch: int = 1
    lane: str = LANE
    commits: bool = False


HANDLERS: dict[str, Handler] = {}
WAKERS: list[Callable[[], None]] = []


def register(kind: str, handler: Handler) -> None:
    """Called once per kind, in the owning room's AppConfig.ready()."""
    HANDLERS[kind] = handler


def register_waker(waker: Callable[[], None]) -> None:
    """Called once per room: `waker` looks for work that nobody made a job for, and adds the jobs."""
    WAKERS.append(waker)


def wake() -> None:
    """Ask every room for work it finds by looking. One room's trouble is its own."""
    for waker in WAKERS:
        try:
            waker()
        except Exception:
            log.exception("%s failed", waker.__module__)


def lanes() -> list[str]:
    return sorted({handler.lane for handler in HANDLERS.values()})


def drain(only: str | None = None, seconds: float = 20.0, lane: str | None = None) -> int:
    """Work in turns, one batch of every kind that is due, until nothing is; returns how many jobs were taken.

    In turns, so that a backlog of one kind (a thousand orders to route) never keeps another waiting (an audit).
    `only` names one kind to work on, `lane` the kinds of one lane.
    """
    taken, end = 0, monotonic() + seconds
    while monotonic() < end:
        before = taken
        for kind in [only] if only else _due(lane):
            jobs, at = queue.claim(kind, HANDLERS[kind].batch)
            taken += len(jobs)
            if jobs:
                _do(HANDLERS[kind], jobs, at)
        if taken == before:
            break
    return taken


def _due(lane: str | None) -> list[str]:
    known = queue.due_counts().keys() & HANDLERS.keys()
    return [kind for kind in known if lane in (None, HANDLERS[kind].lane)]


def sweep(at: datetime) -> None:
    """Free what dead workers held and quarantine what used up its attempts. One job's trouble is its own."""
    for job in queue.release_expired():
        try:
            _give_up(HANDLERS[job.kind], job, at, "its worker died five times")
        except OperationalError:
            raise
        except Exception:
            log.exception("%s job %d could not be set aside", job.kind, job.id)


def _do(handler: Handler, jobs: list[Work], at: datetime) -> None:
    try:
        _work(handler, jobs, at)
    except LeaseLost:
        log.warning("lost the lease of %d %s jobs; nothing was written", len(jobs), jobs[0].kind)
    except Exception as error:
        if isinstance(error, OperationalError) and not _collided(error):
            close_old_connections()
            raise  # the database is away: the lease runs out and the sweep frees the jobs
        if len(jobs) == 1:
            _failed(handler, jobs[0], at, error)
            return
        log.exception("a batch of %d %s jobs failed; trying them one by one", len(jobs), jobs[0].kind)
        for job in jobs:
            _do(handler, [job], at)


def _collided(error: OperationalError) -> bool:
    """A deadlock or a serialisation failure (SQLSTATE class 40): the database is well, try again."""
    return str(getattr(error.__cause__, "sqlstate", None) or "").startswith("40")


def _work(handler: Handler, jobs: Sequence[Work], at: datetime) -> None:
    if handler.commits:
        handler.work(jobs, at)
    with transaction():
        if not handler.commits:
            handler.work(jobs, at)
        queue.finish(jobs)


def _failed(handler: Handler, job: Work, at: datetime, error: Exception) -> None:
    log.exception("%s job %d failed, attempt %d", job.kind, job.id, job.attempts)
    reason = f"{type(error).__name__}: {error}"
    if queue.put_back(job, reason):
        _give_up(handler, job, at, reason)


def _give_up(handler: Handler, job: Work, at: datetime, reason: str) -> None:
    with transaction():
        if queue.quarantine(job, reason):
            log.error("%s job %d is quarantined", job.kind, job.id)
            handler.give_up(job, at)
