"""A returned or stopped prescription that nobody answers ends; and what ends elsewhere leaves the desk."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from rxcenter.accounts.roles import SYSTEM
from rxcenter.jobs.queue import Work
from rxcenter.prescriptions.lifecycle import Step, lock, move_all
from rxcenter.prescriptions.states import State
from rxcenter.review.models import Waiting


def expire_unanswered(jobs: Sequence[Work], at: datetime) -> None:
    """Expire the prescriptions of `jobs` that still wait with their prescriber."""
    rows = lock([j.subject for j in jobs])
    ended = [pk for pk, row in rows.items() if row.state == State.WITH_PRESCRIBER]
    move_all([Step(pk, "expired", body={"why": "unanswered"}) for pk in ended], by=SYSTEM, at=at)
    leave_desk(ended)


def leave_desk(prescriptions: Iterable[UUID]) -> None:
    """Take prescriptions out of the review queue: cancelled, replaced or expired ones need no pharmacist."""
    Waiting.objects.filter(prescription__in=list(prescriptions), open=True).update(open=False)


def stays_with_prescriber(job: Work, at: datetime) -> None:
    """Expiry failed five times: it stays where it is, and the quarantined job is shown to operators."""
