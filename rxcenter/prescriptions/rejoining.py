"""Two persons proved to be one: what of theirs waits for a decision is audited again, with the whole history."""

from collections.abc import Sequence
from datetime import datetime

from rxcenter.accounts.roles import SYSTEM
from rxcenter.jobs.queue import NewJob, Work, add
from rxcenter.patients.merging import persons_as_one
from rxcenter.prescriptions.lifecycle import Step, lock, move_all
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.states import State

WAITING = (State.IN_REVIEW, State.WITH_PRESCRIBER)


def audit_again(jobs: Sequence[Work], at: datetime) -> None:
    """Send the waiting prescriptions of each job's person back to the audit. What is decided stays decided."""
    persons = {one for job in jobs for one in persons_as_one((job.payload or {})["person"])}
    found = Prescription.objects.filter(person__in=persons, state__in=WAITING)
    rows = lock(list(found.order_by("pk").values_list("pk", flat=True)))
    waiting = [row.pk for row in rows.values() if row.state in WAITING]
    move_all([Step(pk, "reaudit", body={"why": "persons_merged"}) for pk in waiting], by=SYSTEM, at=at)
    add([NewJob("audit", pk) for pk in waiting])


def stays_waiting(job: Work, at: datetime) -> None:
    """Nothing to undo: each of them waits for a pharmacist still, with the audit it had."""
