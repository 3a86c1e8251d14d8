"""Jobs for operators to see; those in quarantine get another try once their cause is gone."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from rxcenter.accounts.admin_scoped import ScopedAdmin
from rxcenter.accounts.roles import Role
from rxcenter.jobs import working
from rxcenter.jobs.models import Job
from rxcenter.jobs.requeueing import requeue

LISTED = (Job.State.QUARANTINED, Job.State.DUE, Job.State.RUNNING)


class ByState(admin.SimpleListFilter):
    """Quarantined, due, running. Fixed choices: the table is never asked for its distinct values."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(state.value, state.label) for state in LISTED]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(state=self.value()) if self.value() in LISTED else queryset


class ByKind(admin.SimpleListFilter):
    """The kinds that rooms have registered handlers for."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(kind, kind) for kind in sorted(working.HANDLERS)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(kind=self.value()) if self.value() in working.HANDLERS else queryset


@admin.register(Job)
class JobAdmin(ScopedAdmin):
    """What is not done; done jobs leave the table after a week, the ledger keeps what they did."""

    view_roles = (Role.OPERATOR,)
    list_display = ("id", "kind", "subject", "state", "attempts", "due_at", "why")
    list_filter = (ByState, ByKind)
    fields = (
        "kind",
        "subject",
        "payload",
        "state",
        "attempts",
        "due_at",
        "created_at",
        "finished_at",
        "last_error",
    )
    search_fields = ("subject__exact",)
    ordering = ("-id",)
    actions_on_top = True
    actions = ("again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).filter(state__in=LISTED)

    @admin.display(description=_("last error"))
    def why(self, job: Job) -> str:
        return job.last_error[:120] or "–"

    @admin.action(description=_("Requeue the chosen quarantined jobs"))
    def again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        chosen = list(queryset.filter(state=Job.State.QUARANTINED))
        count = requeue(job.pk for job in chosen)
        for job in chosen:
            self.log_change(request, job, "requeued")
        words = ngettext("%(n)d job is due again.", "%(n)d jobs are due again.", count) % {"n": count}
        self.message_user(request, words, messages.SUCCESS if count else messages.WARNING)
