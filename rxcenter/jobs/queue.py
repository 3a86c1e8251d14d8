"""The job table's only writers: add, claim, finish, fail, release what a dead worker held."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db import connection, transaction

MOST_ATTEMPTS = 5
LEASE_SECONDS = 60
CHANNEL = "rxcenter_jobs"
_RING_EVERY = 0.05
_last_ring = 0.0


class LeaseLost(Exception):
    """Somebody else took the jobs over: the transaction must be rolled back."""


class Work(NamedTuple):
    """One claimed job."""

    id: int
    kind: str
    subject: UUID
    payload: dict[str, Any] | None
    attempts: int  # this attempt included
    token: UUID


class NewJob(NamedTuple):
    kind: str
    subject: UUID
    due_at: datetime | None = None  # None = now
    payload: dict[str, Any] | None = None


def add(jobs: Iterable[NewJob]) -> None:
    """Put jobs into the queue, in the caller's transaction. A job already waiting for the same work is joined."""
    rows = [
        {
            "kind": j.kind,
            "subject": str(j.subject),
            "due_at": j.due_at and j.due_at.isoformat(),
            "payload": j.payload,
        }
        for j in jobs
    ]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO jobs_job (kind, subject, due_at, payload)
            SELECT kind, subject, coalesce(due_at, now()), payload
            FROM json_to_recordset(%s::json) AS x(kind text, subject uuid, due_at timestamptz, payload jsonb)
            ON CONFLICT (kind, subject) WHERE state = 'due'
            DO UPDATE SET due_at = least(jobs_job.due_at, excluded.due_at)""",
            [json.dumps(rows)],
        )
        if ring_due():
            cursor.execute(f"NOTIFY {CHANNEL}")


def ring_due() -> bool:
    """At most one NOTIFY per process and 50 ms: a commit with a NOTIFY takes a database-wide lock."""
    global _last_ring
    now = monotonic()
    if now - _last_ring < _RING_EVERY:
        return False
    _last_ring = now
    return True


def claim(kind: str, limit: int) -> tuple[list[Work], datetime]:
    """Take due jobs of a kind for LEASE_SECONDS; counts the attempt and commits before any work.

    The job due longest decides: first-time jobs come in one batch, a job that failed before comes alone, so that a
    poisonous one (it may kill the whole process) burns its own attempts only, and none is starved by a backlog.
    Returns the jobs and the database's time.
    """
    token = uuid4()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"kind": kind, "token": token, "lease": LEASE_SECONDS, "limit": limit})
        rows = cursor.fetchall()
        cursor.execute("SELECT clock_timestamp()")
        [at] = cursor.fetchone()
    jobs = [
        Work(pk, kind, subject, _loaded(payload), attempts, token) for pk, subject, payload, attempts in rows
    ]
    return sorted(jobs), at


_CLAIM = """
WITH head AS (
    SELECT id, attempts FROM jobs_job WHERE kind = %(kind)s AND state = 'due' AND due_at <= statement_timestamp()
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
), fresh AS (
    SELECT id FROM jobs_job WHERE kind = %(kind)s AND state = 'due' AND due_at <= statement_timestamp() AND attempts = 0
    AND (SELECT attempts FROM head) = 0 ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE jobs_job SET state = 'running', attempts = attempts + 1, lease_token = %(token)s,
    lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE id IN (SELECT id FROM fresh UNION SELECT id FROM head WHERE attempts > 0)
RETURNING id, subject, payload, attempts
"""


def finish(jobs: Sequence[Work]) -> None:
    """Mark jobs done in the transaction that holds their results. Raises LeaseLost when one was taken over."""
    if not jobs:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE jobs_job SET state = 'done', finished_at = now(), lease_until = NULL
            WHERE id = ANY(%s) AND state = 'running' AND lease_token = %s""",
            [[j.id for j in jobs], jobs[0].token],
        )
        if cursor.rowcount != len(jobs):
            raise LeaseLost(f"{len(jobs) - cursor.rowcount} of {len(jobs)} jobs were taken over")


def put_back(job: Work, error: str) -> bool:
    """Return a failed job to the queue, later each time. True when its attempts are used up: quarantine it."""
    if job.attempts >= MOST_ATTEMPTS:
        return True
    _to_due([job.id], delay=2.0**job.attempts, error=error, token=job.token)
    return False


def quarantine(job: Work, error: str) -> bool:
    """Set a job aside for people, in the caller's transaction; False when it is no longer ours to set aside."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE jobs_job SET state = 'quarantined', finished_at = now(), last_error = left(%s, 2000)
            WHERE id = %s AND state = 'running' AND lease_token = %s""",
            [error, job.id, job.token],
        )
        return bool(cursor.rowcount)


def release_expired() -> list[Work]:
    """Free what dead workers held. Returns the jobs whose attempts are used up; the caller quarantines them."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """SELECT id, kind, subject, payload, attempts, lease_token FROM jobs_job
            WHERE state = 'running' AND lease_until < now() ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED"""
        )
        held = [Work(i, k, s, _loaded(p), a, t) for i, k, s, p, a, t in cursor.fetchall()]
        again = [j.id for j in held if j.attempts < MOST_ATTEMPTS]
        if again:
            _to_due(again, delay=0, error="the worker died or took too long")
    return [j for j in held if j.attempts >= MOST_ATTEMPTS]


def _to_due(ids: list[int], *, delay: float, error: str, token: UUID | None = None) -> None:
    """Running → due; when the same work is waiting already as a newer job, this one is done: it joined it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE jobs_job j SET
                state = CASE WHEN twin THEN 'done' ELSE 'due' END, finished_at = CASE WHEN twin THEN now() END,
                due_at = now() + make_interval(secs => %(delay)s), lease_until = NULL, lease_token = NULL,
                last_error = left(%(error)s, 2000)
            FROM (SELECT a.id, EXISTS (SELECT 1 FROM jobs_job b WHERE b.kind = a.kind AND b.subject = a.subject
                  AND b.state = 'due') AS twin FROM jobs_job a WHERE a.id = ANY(%(ids)s)) t
            WHERE j.id = t.id AND j.state = 'running' AND (%(token)s::uuid IS NULL OR j.lease_token = %(token)s::uuid)""",
            {"ids": ids, "delay": delay, "error": error, "token": token},
        )


def due_counts(most: int = 1000) -> dict[str, int]:
    """How many jobs of each kind wait now, each kind counted up to `most`: a long backlog hides no other kind."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [most])
        return {kind: count for kind, count in cursor.fetchall() if count}


# Steps from kind to kind through the index job_due instead of reading every row that waits.
_DUE = """
WITH RECURSIVE kinds AS (
    (SELECT kind FROM jobs_job WHERE state = 'due' ORDER BY kind LIMIT 1)
    UNION ALL
    SELECT (SELECT j.kind FROM jobs_job j WHERE j.state = 'due' AND j.kind > kinds.kind ORDER BY j.kind LIMIT 1)
    FROM kinds WHERE kinds.kind IS NOT NULL
)
SELECT kind, (SELECT count(*) FROM (
    SELECT 1 FROM jobs_job j
    WHERE j.kind = kinds.kind AND j.state = 'due' AND j.due_at <= statement_timestamp() LIMIT %s
) waiting)
FROM kinds WHERE kind IS NOT NULL
"""


def forget_done(days: int = 7) -> int:
    """Delete jobs done longer ago than `days`; the ledger keeps what they did."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM jobs_job WHERE state = 'done' AND finished_at < now() - make_interval(days => %s)",
            [days],
        )
        return int(cursor.rowcount)


def _loaded(payload: Any) -> dict[str, Any] | None:
    loaded: dict[str, Any] | None = json.loads(payload) if isinstance(payload, str) else payload
    return loaded
