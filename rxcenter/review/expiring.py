"""A returned or stopped prescription that nobody answers ends; and what ends elsewhere leaves the desk."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from rxcenter.accounts.roles import SYSTEM
from rxcenter.jobs import queue
from rxcenter.jobs.queue import Work
from rxcenter.prescriptions.lifecycle import Step, lock, move_all
from rxcenter.prescriptions.states import State
from rxcenter.review.models import Waiting
from rxcenter.review.timing import WITH_PRESCRIBER_DAYS


def expire_unanswered(jobs: Sequence[Work], at: datetime) -> None:
    """Expire the prescriptions of `jobs` that have waited long enough with their prescriber.

    The clock starts with each return: a job of an earlier one comes too soon and is put off.
    """
    rows = lock([j.subject for j in jobs])
    waiting = [row for row in rows.values() if row.state == State.WITH_PRESCRIBER]
    patience = timedelta(days=WITH_PRESCRIBER_DAYS)
    ended = [row.pk for row in waiting if row.state_since + patience <= at]
    move_all([Step(pk, "expired", body={"why": "unanswered"}) for pk in ended], by=SYSTEM, at=at)
    leave_desk(ended)
    queue.add(
        [
            queue.NewJob("expire_unanswered", r.pk, r.state_since + patience)
            for r in waiting
            if r.pk not in set(ended)
        ]
    )


def leave_desk(prescriptions: Iterable[UUID]) -> None:
    """Take prescriptions out of the review queue: cancelled, replaced or expired ones need no pharmacist."""
    Waiting.objects.filter(prescription__in=list(prescriptions), open=True).update(open=False)


def stays_with_prescriber(job: Work, at: datetime) -> None:
    """Expiry failed five times: it stays where it is, and the quarantined job is shown to operators."""
