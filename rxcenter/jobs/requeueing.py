"""Gives quarantined jobs another five attempts, when an operator has removed what made them fail."""

from collections.abc import Iterable

from django.db import IntegrityError, connection, transaction

from rxcenter.jobs import queue


def requeue(ids: Iterable[int]) -> int:
    """Quarantined → due now, with no attempts counted; returns how many. Other jobs are left as they are.

    Where a newer job waits for the same work already, the quarantined one is done: it joined it.
    """
    again = sum(_requeue(pk) for pk in sorted(set(ids)))
    if again and queue.ring_due():
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {queue.CHANNEL}")
    return again


def _requeue(pk: int) -> bool:
    try:
        with transaction.atomic():
            return _take_out(pk)
    except IntegrityError:  # the same work was put into the queue at this very moment: now it is seen
        return _take_out(pk)


def _take_out(pk: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE jobs_job j SET
                state = CASE WHEN twin THEN 'done' ELSE 'due' END, finished_at = CASE WHEN twin THEN now() END,
                attempts = 0, due_at = now(), lease_until = NULL, lease_token = NULL
            FROM (SELECT a.id, EXISTS (SELECT 1 FROM jobs_job b WHERE b.kind = a.kind AND b.subject = a.subject
                  AND b.state = 'due') AS twin FROM jobs_job a WHERE a.id = %s) t
            WHERE j.id = t.id AND j.state = 'quarantined'""",
            [pk],
        )
        return bool(cursor.rowcount)
