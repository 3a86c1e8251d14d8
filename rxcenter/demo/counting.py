"""Counts what became of a run's documents, and checks the sums that must hold.

posted      distinct documents sent (double posts are not counted again)
refused     of these, answered 4xx
stored      of these, found in the database under the id that their answer named
lost        documents neither refused nor found, plus one for each broken sum
audited     stored ones with a first audit; passed, in_review, stopped: by that audit's outcome
pending     stored ones without an audit whose audit job is due or running
quarantined stored ones that the engine could not judge in five attempts (a pharmacist does)
held_by_policy  passed ones that still went to a pharmacist, by pass policy
approved, returned, rejected   stored ones that were ever approved (by pass policy or a pharmacist), returned, rejected
routed      approved ones whose order was opened or offered; claimed, dispensed: of these
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection

COUNTED = (
    "posted", "refused", "stored", "audited", "pending", "quarantined", "passed", "in_review", "stopped",
    "held_by_policy", "approved", "returned", "rejected", "routed", "claimed", "dispensed", "lost", "seconds",
)  # fmt: skip

_COUNT = """
WITH mine AS (SELECT id FROM prescriptions_prescription WHERE id = ANY(%(ids)s)),
run AS (SELECT DISTINCT ON (a.prescription_id) a.prescription_id, a.outcome, a.auto_passed
        FROM review_auditrun a JOIN mine ON mine.id = a.prescription_id WHERE a.first ORDER BY a.prescription_id, a.id),
gone AS (SELECT DISTINCT j.subject FROM jobs_job j JOIN mine ON mine.id = j.subject
         WHERE j.kind = 'audit' AND j.state = 'quarantined' AND j.subject NOT IN (SELECT prescription_id FROM run)),
event AS (SELECT DISTINCT e.subject, e.type FROM ledger_event e JOIN mine ON mine.id = e.subject WHERE e."primary")
SELECT (SELECT count(*) FROM mine) AS stored,
    (SELECT count(*) FROM run) AS audited,
    (SELECT count(*) FROM gone) AS quarantined,
    (SELECT count(*) FROM mine WHERE id NOT IN (SELECT prescription_id FROM run) AND EXISTS (SELECT 1 FROM jobs_job j
        WHERE j.subject = mine.id AND j.kind = 'audit' AND j.state IN ('due', 'running'))) AS pending,
    (SELECT count(*) FROM run WHERE outcome = 'pass') AS passed,
    (SELECT count(*) FROM run WHERE outcome = 'review') AS in_review,
    (SELECT count(*) FROM run WHERE outcome = 'stopped') AS stopped,
    (SELECT count(*) FROM run WHERE outcome = 'pass' AND NOT auto_passed) AS held_by_policy,
    (SELECT count(DISTINCT subject) FROM event
        WHERE type IN ('prescription.audit_passed', 'prescription.approved')) AS approved,
    (SELECT count(*) FROM event WHERE type = 'prescription.returned') AS returned,
    (SELECT count(*) FROM event WHERE type = 'prescription.rejected') AS rejected,
    (SELECT count(DISTINCT prescription_id) FROM routing_order o JOIN mine ON mine.id = o.prescription_id
        WHERE o.state <> 'unroutable') AS routed,
    (SELECT count(DISTINCT o.prescription_id) FROM routing_order o JOIN mine ON mine.id = o.prescription_id
        JOIN routing_claim c ON c.order_id = o.id) AS claimed,
    (SELECT count(DISTINCT o.prescription_id) FROM routing_order o JOIN mine ON mine.id = o.prescription_id
        JOIN routing_dispense d ON d.order_id = o.id) AS dispensed
"""


def tally(*, posted: int, refused: int, ids: Iterable[str], seconds: float) -> dict[str, Any]:
    """The numbers of a run; `ids` are the prescriptions that 200 and 201 answers named."""
    named = sorted(set(ids))
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"ids": named})
        [row] = cursor.fetchall()
        found = dict(zip([column.name for column in cursor.description], row, strict=True))
    found |= {"posted": posted, "refused": refused, "seconds": round(seconds, 1)}
    found["lost"] = max(posted - refused - found["stored"], len(named) - found["stored"], 0)
    found["lost"] += len(broken(found))
    return {name: found[name] for name in COUNTED}


def broken(numbers: Mapping[str, Any]) -> list[str]:
    """Every sum that does not hold, one sentence each; nothing when all do."""
    n = numbers
    sums = {
        "posted = refused + stored + lost": n["posted"] == n["refused"] + n["stored"] + n["lost"],
        "stored = audited + pending + quarantined": n["stored"]
        == n["audited"] + n["pending"] + n["quarantined"],
        "audited = passed + in_review + stopped": n["audited"] == n["passed"] + n["in_review"] + n["stopped"],
        "passed >= held_by_policy": n["passed"] >= n["held_by_policy"],
        "routed >= claimed": n["routed"] >= n["claimed"],
        "claimed >= dispensed": n["claimed"] >= n["dispensed"],
        "approved >= routed": n["approved"] >= n["routed"],
    }
    return [f"{name} does not hold: {_shown(name, n)}" for name, holds in sums.items() if not holds]


def _shown(name: str, numbers: Mapping[str, Any]) -> str:
    words = [word for word in name.split() if word in numbers]
    return ", ".join(f"{word} {numbers[word]}" for word in words)
