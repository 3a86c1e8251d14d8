"""Earlier documents become history: no audit, no routing, nothing in their state to act on."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from rxcenter.ledger.recording import transaction
from rxcenter.patients.linking import link
from rxcenter.prescriptions.receiving import Posted, insert, prepare
from rxcenter.prescriptions.states import State


def import_history(posted: Sequence[Posted], *, at: datetime) -> int:
    """Store documents as imported history and link their patients; returns how many were new.

    Each leaves one event `prescription.imported` in a stream of the centre's own: it is no news for placers.
    """
    rows = [prepare(p, at=at, origin="history", state=State.IMPORTED) for p in posted]
    with transaction():
        new = insert(rows)
        keys = {UUID(r["id"]): r["patient_keys"] for r in rows if r["id"] in new}
        attach_persons(keys, at=at)
    return len(new)


def attach_persons(keys: dict[UUID, list[str]], *, at: datetime) -> dict[UUID, bool]:
    """Link prescriptions to their persons; says for each whether its history is unlinked.

    It is where the identifiers name several persons, or nobody.
    """
    links = link(keys, at=at)
    pairs = [{"id": str(pk), "person": found.person} for pk, found in links.items()]
    with connection.cursor() as cursor:  # one statement: Django's bulk_update takes many times as long
        cursor.execute(
            """UPDATE prescriptions_prescription p SET person_id = x.person
            FROM json_to_recordset(%s::json) AS x(id uuid, person bigint) WHERE p.id = x.id""",
            [json.dumps(pairs)],
        )
    return {pk: found.unlinked for pk, found in links.items()}
