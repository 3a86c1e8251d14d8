"""The workbench: what waits by colour, what is mine, the oldest, what was decided today."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from rxcenter.accounts.admin_scoped import staff_of
from rxcenter.accounts.models import User
from rxcenter.accounts.scopes import Staff
from rxcenter.prescriptions.states import State
from rxcenter.review.admin_queue import LIVE, clock
from rxcenter.review.models import Decision, Severity, Waiting
from rxcenter.review.waiting import REVIEWERS, TAKE_LASTS

IN_REVIEW = LIVE & Q(with_prescriber=False)
LONG = ("prescription__document", "prescription__sealed")


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds the workbench for those who review; others keep the plain list of pages."""
    staff = staff_of(request)
    if not staff.may(*REVIEWERS):
        return context
    at = timezone.now()
    return {**context, "title": _("Workbench"), **_waiting(staff, at), **_mine(request.user, staff, at)}


def _waiting(staff: Staff, at: datetime) -> dict[str, Any]:
    rows = Waiting.objects.filter(staff.within(*REVIEWERS))
    found = Q(why=Waiting.Why.FINDINGS)
    sums = rows.filter(IN_REVIEW).aggregate(
        critical=Count("pk", filter=found & Q(severity=Severity.CRITICAL)),
        major=Count("pk", filter=found & Q(severity=Severity.MAJOR)),
        gaps=Count("pk", filter=Q(why__in=[Waiting.Why.GAPS, Waiting.Why.ENGINE])),
        policy=Count("pk", filter=Q(why=Waiting.Why.POLICY)),
        overdue=Count("pk", filter=Q(due_at__lt=at)),
        oldest=Min("since"),
    )
    return {
        "sums": sums,
        "waiting": sums["critical"] + sums["major"] + sums["gaps"] + sums["policy"],
        "oldest": clock(int((at - sums["oldest"]).total_seconds())) if sums["oldest"] else "",
        "with_prescriber": rows.filter(open=True, prescription__state=State.WITH_PRESCRIBER).count(),
    }


def _mine(user: User, staff: Staff, at: datetime) -> dict[str, Any]:
    today = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    decided = Decision.objects.filter(at__gte=today)
    held = Waiting.objects.filter(IN_REVIEW, taken_by=user, taken_at__gte=at - TAKE_LASTS)
    made = Decision.objects.filter(by=user).select_related("prescription")
    return {
        "my_rows": held.select_related("prescription", "institution").defer(*LONG).order_by("due_at")[:10],
        "my_last": made.defer(*LONG).order_by("-at")[:10],
        "today_all": decided.filter(staff.within(*REVIEWERS, field="prescription__institution")).count(),
        "today_mine": decided.filter(by=user).count(),
    }
