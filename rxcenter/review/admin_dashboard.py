"""The workbench: what waits by colour, what is mine, the oldest, what was decided today."""

from typing import Any

from django.db.models import Count, Min, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from rxcenter.accounts.admin_scoped import staff_of
from rxcenter.prescriptions.states import State
from rxcenter.review.admin_queue import LIVE, clock
from rxcenter.review.models import Decision, Severity, Waiting
from rxcenter.review.waiting import REVIEWERS, TAKE_LASTS


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds the workbench for those who review; others keep the plain list of pages."""
    staff = staff_of(request)
    if not staff.may(*REVIEWERS):
        return context
    at = timezone.now()
    in_review = LIVE & Q(with_prescriber=False)
    rows = Waiting.objects.filter(staff.within(*REVIEWERS), in_review)
    found = Q(why=Waiting.Why.FINDINGS)
    sums = rows.aggregate(
        critical=Count("pk", filter=found & Q(severity=Severity.CRITICAL)),
        major=Count("pk", filter=found & Q(severity=Severity.MAJOR)),
        gaps=Count("pk", filter=Q(why__in=[Waiting.Why.GAPS, Waiting.Why.ENGINE])),
        policy=Count("pk", filter=Q(why=Waiting.Why.POLICY)),
        overdue=Count("pk", filter=Q(due_at__lt=at)),
        oldest=Min("since"),
    )
    mine = list(
        Waiting.objects.filter(in_review, taken_by=request.user, taken_at__gte=at - TAKE_LASTS)
        .select_related("prescription", "institution")
        .defer("prescription__document", "prescription__sealed")
        .order_by("due_at")[:10]
    )
    today = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    decided = Decision.objects.filter(at__gte=today)
    within = decided.filter(staff.within(*REVIEWERS, field="prescription__institution"))
    return {
        **context,
        "title": _("Workbench"),
        "sums": sums,
        "waiting": sums["critical"] + sums["major"] + sums["gaps"] + sums["policy"],
        "oldest": clock(int((at - sums["oldest"]).total_seconds())) if sums["oldest"] else "",
        "my_rows": mine,
        "with_prescriber": Waiting.objects.filter(
            staff.within(*REVIEWERS), open=True, prescription__state=State.WITH_PRESCRIBER
        ).count(),
        "today_all": within.count(),
        "today_mine": decided.filter(by=request.user).count(),
        "my_last": list(
            Decision.objects.filter(by=request.user).select_related("prescription")
            .defer("prescription__document", "prescription__sealed").order_by("-at")[:10]
        ),
    }  # fmt: skip
