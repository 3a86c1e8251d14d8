"""Is anything lost? Every prescription in force is somebody's to act on, or a timer's: what is nobody's is an orphan."""

from typing import NamedTuple
from uuid import UUID

from django.db import connection


class Orphan(NamedTuple):
    """A prescription, or one order of it, that nobody would ever look at again; `why` says what is missing."""

    prescription: UUID
    order: UUID | None
    why: str


def orphans() -> list[Orphan]:
    """Everything that is nobody's, as of now (invariant 3: none)."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL)
        return [Orphan(*row) for row in cursor.fetchall()]


# `watched`: subjects of jobs that wait, run, or stand before the operator in quarantine. `live`: orders not yet ended.
_SQL = """
WITH watched AS (
    SELECT kind, subject FROM jobs_job WHERE state <> 'done'
), live AS (
    SELECT o.id, o.prescription_id, o.state, o.pool, o.stale, o.cancel_requested, c.id AS claim, c.lease_until
    FROM routing_order o LEFT JOIN routing_claim c ON c.order_id = o.id AND c.state = 'open'
    WHERE o.state NOT IN ('completed', 'not_supplied', 'cancelled', 'expired')
), wrong AS (
    SELECT *, CASE
        WHEN state = 'offered' AND NOT EXISTS
            (SELECT 1 FROM routing_offer f WHERE f.order_id = live.id AND f.state = 'pending') THEN 'nobody is asked'
        WHEN state = 'open' AND NOT pool THEN 'open to nobody'
        WHEN state = 'scheduled' AND NOT EXISTS
            (SELECT 1 FROM watched w WHERE w.kind = 'open_window' AND w.subject = live.id) THEN 'it never opens'
        WHEN state IN ('scheduled', 'open', 'offered', 'unroutable') THEN CASE WHEN NOT EXISTS
            (SELECT 1 FROM watched w WHERE w.kind = 'expire' AND w.subject = live.id) THEN 'it never expires' END
        WHEN claim IS NULL THEN 'held by nobody'
        WHEN cancel_requested AND NOT EXISTS
            (SELECT 1 FROM watched w WHERE w.kind = 'cancel_decision' AND w.subject = live.id)
            THEN 'its cancel is never decided'
        WHEN state = 'claimed' THEN CASE WHEN lease_until IS NULL OR NOT EXISTS
            (SELECT 1 FROM watched w WHERE w.kind = 'lapse' AND w.subject = live.claim) THEN 'its lease never ends' END
        WHEN NOT stale AND NOT EXISTS
            (SELECT 1 FROM watched w WHERE w.kind = 'stale' AND w.subject = live.id) THEN 'nobody watches its holder'
        END AS why
    FROM live
)
SELECT prescription_id, id, why FROM wrong WHERE why IS NOT NULL
UNION ALL
SELECT p.id, NULL, 'approved and never routed' FROM prescriptions_prescription p
WHERE p.state IN ('approved', 'on_hold')
    AND NOT EXISTS (SELECT 1 FROM routing_order o WHERE o.prescription_id = p.id)
    AND NOT EXISTS (SELECT 1 FROM watched w WHERE w.kind = 'route' AND w.subject = p.id)
UNION ALL
SELECT p.id, NULL, 'all orders have ended, the prescription has not' FROM prescriptions_prescription p
WHERE p.state IN ('approved', 'on_hold')
    AND EXISTS (SELECT 1 FROM routing_order o WHERE o.prescription_id = p.id)
    AND NOT EXISTS (SELECT 1 FROM live WHERE live.prescription_id = p.id)
    AND NOT EXISTS (SELECT 1 FROM watched w WHERE w.kind = 'settle' AND w.subject = p.id)
"""
