"""Earlier documents become history: no audit, no routing, nothing in their state to act on."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from rxcenter.ledger.recording import transaction
from rxcenter.patients.linking import link
from rxcenter.prescriptions.models import Prescription
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
    """Link prescriptions to their persons; says for each whether its identifiers conflict."""
    links = link(keys, at=at)
    by_person: dict[int, list[UUID]] = {}
    for pk, (person, _) in links.items():
        by_person.setdefault(person, []).append(pk)
    rows = [Prescription(pk=pk, person_id=person) for person, pks in by_person.items() for pk in pks]
    Prescription.objects.bulk_update(rows, ["person_id"], batch_size=500)
    return {pk: found.conflict for pk, found in links.items()}
