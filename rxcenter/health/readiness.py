"""Is this instance fit for work? Each question is answered apart; one `failed` takes the instance out of service.

Redis being down is `degraded`, never `failed`: intake stores and answers without it, and the sweep catches up.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from rxcenter.jobs.models import Job

Answer = Literal["ok", "degraded", "failed"]
LATE = timedelta(minutes=2)  # a due job older than this: the workers do not keep up or are not there
REDIS_SECONDS = 1.0


class Check(NamedTuple):
    """One answer with what was found."""

    name: str
    answer: Answer
    found: str


def database() -> Check:
    """PostgreSQL answers, and would not lose a commit in a power cut."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('fsync'), current_setting('full_page_writes'),"
                       " current_setting('synchronous_commit')")  # fmt: skip
        fsync, pages, commit = cursor.fetchone()
    found = f"fsync {fsync}, full_page_writes {pages}, synchronous_commit {commit}"
    unsafe = "off" in (fsync, pages, commit)
    return Check("database", "failed" if unsafe and settings.MODE != "test" else "ok", found)


def migrations() -> Check:
    """The schema is at least this code's."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return Check("migrations", "failed", f"{len(missing)} not applied")
    return Check("migrations", "ok", "all applied")


def keys() -> Check:
    """Personal fields can be read and written, checkpoints signed."""
    loaded = {"KEKS": settings.KEKS, "INDEX_KEY": settings.INDEX_KEY, "LEDGER_KEY": settings.LEDGER_KEY}
    missing = [name for name, value in loaded.items() if not value]
    return Check(
        "keys", "failed" if missing else "ok", f"missing: {', '.join(missing)}" if missing else "loaded"
    )


def broker() -> Check:
    """Redis answers."""
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
    )
    try:
        client.ping()
    except redis.RedisError as error:
        return Check("redis", "degraded", type(error).__name__)
    finally:
        client.close()
    return Check("redis", "ok", "answers")


def oldest_due_seconds(now: datetime) -> float | None:
    """Age in seconds of the job that has been due longest; None when nothing is due."""
    due = (
        Job.objects.filter(state=Job.State.DUE, due_at__lte=now)
        .order_by("due_at")
        .values_list("due_at", flat=True)
    )
    first = due.first()
    return None if first is None else (now - first).total_seconds()


def jobs(now: datetime) -> Check:
    """Work gets done. Late work is `degraded`: taking the door out of service would not help it."""
    age = oldest_due_seconds(now)
    found = "nothing due" if age is None else f"oldest due for {age:.0f} s"
    return Check("jobs", "degraded" if age is not None and age > LATE.total_seconds() else "ok", found)


def all_checks(now: datetime) -> list[Check]:
    """Every check, in order. A question that PostgreSQL cannot answer has failed."""
    questions: dict[str, Callable[[], Check]] = {
        "database": database,
        "migrations": migrations,
        "keys": keys,
        "redis": broker,
        "jobs": lambda: jobs(now),
    }
    answers = []
    for name, ask in questions.items():
        try:
            answers.append(ask())
        except DatabaseError as error:
            answers.append(Check(name, "failed", type(error).__name__))
    return answers
