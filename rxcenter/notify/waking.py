"""Finds endpoints that have something to be told and adds their jobs. Intake, review and dispensing write nothing
for webhooks: how far an endpoint is behind its stream can be seen from its cursor."""

from django.db import connection

from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob

KIND = "notify"
_BEHIND = """
SELECT e.id FROM notify_endpoint e LEFT JOIN ledger_streamhead h ON h.stream = e.institution_id
WHERE e.active AND (e.next_try_at IS NULL OR e.next_try_at <= statement_timestamp())
AND (e.lease_until IS NULL OR e.lease_until <= statement_timestamp())
AND (e.cursor < h.seq OR EXISTS (
    SELECT 1 FROM notify_delivery d
    WHERE d.endpoint_id = e.id AND d.state = 'pending' AND d.due_at <= statement_timestamp()))
AND NOT EXISTS (
    SELECT 1 FROM jobs_job j WHERE j.kind = %s AND j.subject = e.id
    AND (j.state = 'running' OR j.state = 'due' AND j.due_at <= statement_timestamp()))
"""


def wake() -> None:
    """Registered with rxcenter/jobs; asked about once a second by the relay."""
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND, [KIND])
        behind = [pk for (pk,) in cursor.fetchall()]
    queue.add(NewJob(KIND, pk) for pk in behind)
