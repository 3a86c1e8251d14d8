"""What waits for whom: the rows a pharmacist may see, in the order in which they should be worked."""

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from rxcenter.accounts.models import User
from rxcenter.accounts.roles import Actor, Role
from rxcenter.accounts.scopes import Staff
from rxcenter.prescriptions.states import State
from rxcenter.review.models import Decision, Waiting

REVIEWERS = (Role.PHARMACIST, Role.CHIEF)
TAKE_LASTS = timedelta(minutes=30)  # a prescription left lying goes back to the queue
# Findings before gaps before policy; the worst first; then by due time. The index `queue_order` has this order.
ORDER = (F("why").asc(), F("severity").desc(nulls_last=True), F("due_at").asc())


def visible(staff: Staff) -> QuerySet[Waiting]:
    """Open rows within the person's institutions that still stand in a state the desk can act on."""
    return Waiting.objects.filter(
        staff.within(*REVIEWERS), open=True, prescription__state__in=[State.IN_REVIEW, State.WITH_PRESCRIBER]
    )


def free(staff: Staff, at: datetime) -> QuerySet[Waiting]:
    """What this person may take: in review, held by nobody, not their own prescription, not decided by them before."""
    mine_before = Decision.objects.filter(
        prescription=OuterRef("prescription"), run=OuterRef("run"), by=staff.user, final=False
    )
    rows = visible(staff).filter(
        Q(taken_by=None) | Q(taken_at__lt=at - TAKE_LASTS),
        with_prescriber=False,
        prescription__state=State.IN_REVIEW,
    )
    if staff.user.prescriber_id:
        rows = rows.exclude(prescription__prescriber=staff.user.prescriber_id)
    return rows.exclude(Exists(mine_before))


def held_by(row: Waiting, at: datetime) -> User | None:
    """Who holds a row now; a take that has run out holds nothing."""
    if row.taken_by is None or row.taken_at is None or row.taken_at < at - TAKE_LASTS:
        return None
    return row.taken_by


def reviewer(staff: Staff, institution: str) -> Actor | None:
    """The person as a reviewer of this institution's prescriptions (chief before pharmacist), or None."""
    for role in (Role.CHIEF, Role.PHARMACIST):
        codes = staff.codes(role)
        if codes is None:
            return Actor(role, staff.user.username)
        if institution in codes:
            return Actor(role, staff.user.username, institution)
    return None


def first_decision(row: Waiting) -> Decision | None:
    """The first of two approvals of the present audit, if one has been made."""
    return (
        Decision.objects.filter(prescription=row.prescription_id, run=row.run_id, final=False)
        .order_by("pk")
        .last()
    )
