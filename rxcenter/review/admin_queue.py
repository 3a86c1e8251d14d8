"""The queue: prescriptions that wait, the worst first, in tabs; equal gaps are folded into one line."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from rxcenter.accounts.admin_scoped import ScopedAdmin, staff_of
from rxcenter.prescriptions.states import State
from rxcenter.review import saying
from rxcenter.review.admin_filters import BySetting
from rxcenter.review.admin_prescription import PrescriptionPages
from rxcenter.review.models import Decision, Waiting
from rxcenter.review.taking import take_next
from rxcenter.review.waiting import ORDER, REVIEWERS, TAKE_LASTS, held_by

WAITING, MINE, SECOND, PRESCRIBER, OVERDUE, ALL = "waiting", "mine", "second", "prescriber", "overdue", "all"
TABS = {
    WAITING: gettext_lazy("Waiting"),
    MINE: gettext_lazy("Mine"),
    SECOND: gettext_lazy("Second review"),
    PRESCRIBER: gettext_lazy("With the prescriber"),
    OVERDUE: gettext_lazy("Overdue"),
    ALL: gettext_lazy("All"),
}
COUNT_MOST = 1000
LIVE = Q(open=True, prescription__state__in=[State.IN_REVIEW, State.WITH_PRESCRIBER])
CHIPS = {
    "emergency": gettext_lazy("emergency"),
    "pregnant": gettext_lazy("pregnant"),
    "lactating": gettext_lazy("lactating"),
    "child": gettext_lazy("child"),
    "aged": gettext_lazy("aged"),
    "allergy": gettext_lazy("allergy"),
}
LEVEL_NAMES = {40: "critical", 30: "major", 20: "moderate", 10: "info"}


def tab_rows(tab: str, rows: QuerySet[Waiting], user: Any, at: datetime) -> QuerySet[Waiting]:
    """The rows of one tab."""
    first = Decision.objects.filter(prescription=OuterRef("prescription"), run=OuterRef("run"), final=False)
    in_review = LIVE & Q(with_prescriber=False)
    if tab == MINE:
        return rows.filter(LIVE, taken_by=user, taken_at__gte=at - TAKE_LASTS)
    if tab == SECOND:
        return rows.filter(in_review).filter(Exists(first))
    if tab == PRESCRIBER:
        return rows.filter(LIVE, with_prescriber=True)
    if tab == OVERDUE:
        return rows.filter(in_review, due_at__lt=at)
    return rows if tab == ALL else rows.filter(in_review)


class QueueList(ChangeList):
    """A change list that leaves the queue's own parameters alone and knows its groups."""

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        found = super().get_filters_params(params)
        return {k: v for k, v in found.items() if k not in ("tab", "group")}

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.model_admin.mark_groups(request, self.result_list)


@admin.register(Waiting)
class WaitingAdmin(PrescriptionPages, ScopedAdmin):
    view_roles = REVIEWERS
    scope_field = "institution_id"
    list_display = ("level", "number", "patient", "risks", "worst", "place", "time_left", "state", "holder")
    list_display_links = None
    list_select_related = ("prescription", "institution", "taken_by")
    list_filter = ("why", BySetting, "institution__kind")
    list_per_page = 50
    search_fields = ("prescription__number__startswith",)
    search_help_text = gettext_lazy("Prescription number")
    list_before_template = "review/queue_head.html"
    sortable_by = ()
    ordering = ORDER

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return QueueList

    def tab(self, request: HttpRequest) -> str:
        asked = request.GET.get("tab", WAITING)
        return asked if asked in TABS else WAITING

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return ("-since",) if self.tab(request) == ALL else ORDER

    def get_queryset(self, request: HttpRequest) -> QuerySet[Waiting]:
        rows = super().get_queryset(request).defer("prescription__document", "prescription__sealed")
        if request.resolver_match and not request.resolver_match.url_name.endswith("_changelist"):
            return rows
        at = timezone.now()
        rows = tab_rows(self.tab(request), rows, request.user, at)
        if group := request.GET.get("group"):
            return rows.filter(gap_key=group)
        if self.tab(request) == WAITING and not request.GET.get("q"):
            return self._folded(request, rows)
        return rows

    def _folded(self, request: HttpRequest, rows: QuerySet[Waiting]) -> QuerySet[Waiting]:
        """Of rows with nothing but equal gaps only the one that is due first."""
        earlier = (
            Waiting.objects.filter(staff_of(request).within(*REVIEWERS), LIVE, with_prescriber=False)
            .filter(why=Waiting.Why.GAPS, gap_key=OuterRef("gap_key"))
            .filter(
                Q(due_at__lt=OuterRef("due_at")) | Q(due_at=OuterRef("due_at"), pk__lt=OuterRef("pk")),
            )
        )
        return rows.exclude(Q(why=Waiting.Why.GAPS) & ~Q(gap_key="") & Exists(earlier))

    def mark_groups(self, request: HttpRequest, rows: list[Waiting]) -> None:
        """Tell each folded line how many it stands for, in one query."""
        keys = {r.gap_key for r in rows if r.why == Waiting.Why.GAPS and r.gap_key}
        if not keys or self.tab(request) != WAITING or request.GET.get("group"):
            return
        counted = (
            Waiting.objects.filter(staff_of(request).within(*REVIEWERS), LIVE, with_prescriber=False)
            .filter(why=Waiting.Why.GAPS, gap_key__in=keys)
            .values("gap_key")
            .annotate(n=Count("pk"))
        )
        sizes = {c["gap_key"]: c["n"] for c in counted}
        for row in rows:
            row.group_size = sizes.get(row.gap_key, 1) if row.why == Waiting.Why.GAPS else 1

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        at = timezone.now()
        mine = staff_of(request).within(*REVIEWERS)
        tabs = [
            {
                "key": key,
                "title": title,
                "current": key == self.tab(request),
                "count": None if key == ALL else self._count(key, mine, request.user, at),
            }
            for key, title in TABS.items()
        ]
        extra = {
            "title": _("Review queue"),
            "tabs": tabs,
            "group": request.GET.get("group"),
            "page_keys": "queue",
        }
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def _count(self, tab: str, mine: Q, user: Any, at: datetime) -> str:
        found = tab_rows(tab, Waiting.objects.filter(mine), user, at).values("pk")[:COUNT_MOST].count()
        return f"{COUNT_MOST - 1}+" if found >= COUNT_MOST else str(found)

    def get_urls(self) -> list[Any]:
        return [path("next/", self.admin_site.admin_view(require_POST(self.next_view)), name="review_waiting_next"),
                *self.prescription_urls(), *super().get_urls()]  # fmt: skip

    def next_view(self, request: HttpRequest) -> HttpResponse:
        """Take the next prescription and open it."""
        self.check_reviewer(request)
        row = take_next(by=request.user, at=timezone.now())
        if row is None:
            messages.info(request, _("Nothing waits for you."))
            return redirect("admin:review_waiting_changelist")
        return redirect("admin:review_waiting_change", row.pk)

    @admin.display(description=gettext_lazy("level"))
    def level(self, row: Waiting) -> str:
        if row.severity is None or row.why != Waiting.Why.FINDINGS:
            return format_html('<span class="rx-level rx-why">{}</span>', row.get_why_display())
        name = LEVEL_NAMES[row.severity]
        return format_html('<span class="rx-level rx-{}">{}</span>', name, row.get_severity_display())

    @admin.display(description=gettext_lazy("number"))
    def number(self, row: Waiting) -> str:
        address = reverse("admin:review_waiting_change", args=[row.pk])
        return format_html('<a class="rx-open" data-row href="{}">{}</a>', address, row.prescription.number)

    @admin.display(description=gettext_lazy("patient"))
    def patient(self, row: Waiting) -> str:
        person = row.summary.get("patient") or {}
        sex = {"female": _("F"), "male": _("M")}.get(person.get("sex", ""), "")
        age = _("%(age)s y") % {"age": person["age"]} if person.get("age") else ""
        return " · ".join(filter(None, [person.get("name"), age, sex])) or "—"

    @admin.display(description=gettext_lazy("risks"))
    def risks(self, row: Waiting) -> str:
        chips = row.summary.get("chips") or []
        return (
            format_html_join("", '<span class="rx-chip">{}</span>', ((chip_text(c),) for c in chips)) or "—"
        )

    @admin.display(description=gettext_lazy("worst finding"))
    def worst(self, row: Waiting) -> str:
        if row.why == Waiting.Why.GAPS:
            return self._gap(row)
        text = saying.said(row.summary.get("worst"))
        more = (row.summary.get("count") or 0) - 1
        if not text:  # nothing found: the drugs say more than the reason, which the level shows already
            return format_html(
                '<span class="rx-muted">{}</span>', "、".join((row.summary.get("drugs") or [])[:4]) or "—"
            )
        return format_html('{}<span class="rx-more">{}</span>', text, f" +{more}" if more > 0 else "")

    def _gap(self, row: Waiting) -> str:
        size = getattr(row, "group_size", 1)
        text = format_html(
            '<span class="rx-gap">{}</span>', _("Not checked: %(what)s") % {"what": gap_text(row)}
        )
        if size > 1:
            address = "?" + urlencode({"tab": WAITING, "group": row.gap_key})
            words = _("%(n)s like this") % {"n": size}
            text += format_html(' <a class="rx-chip rx-group" href="{}">{}</a>', address, words)
        if row.summary.get("unmapped"):
            address = (
                reverse("admin:review_localname_unmapped")
                + "?"
                + urlencode({"name": row.summary["unmapped"][0]})
            )
            text += format_html(' <a class="rx-chip rx-map" href="{}">{}</a>', address, _("map the name"))
        return text

    @admin.display(description=gettext_lazy("institution"))
    def place(self, row: Waiting) -> str:
        return row.institution.name

    @admin.display(description=gettext_lazy("time left"))
    def time_left(self, row: Waiting) -> str:
        if not row.open:
            return "—"
        left = int((row.due_at - timezone.now()).total_seconds())
        late = "late" if left < 0 else "soon" if left < 300 else "ok"
        whole = max(1, int((row.due_at - row.since).total_seconds()))
        share = max(0, min(100, left * 100 // whole))
        return format_html(
            '<span class="rx-time rx-{}" data-due="{}" data-whole="{}"><span class="rx-left">{}</span>'
            '<span class="rx-bar" aria-hidden="true"><i style="width:{}%"></i></span></span>',
            late, row.due_at.isoformat(), whole, clock(left), share,
        )  # fmt: skip

    @admin.display(description=gettext_lazy("state"))
    def state(self, row: Waiting) -> str:
        if row.open and row.prescription.state == State.IN_REVIEW:
            if row.seconds_needed and row.why == Waiting.Why.FINDINGS:
                return _("two pharmacists")
            return _("being reviewed") if held_by(row, timezone.now()) else _("waiting")
        return str(State(row.prescription.state).label)

    @admin.display(description=gettext_lazy("holder"))
    def holder(self, row: Waiting) -> str:
        return str(held_by(row, timezone.now()) or "—") if row.open else "—"


def chip_text(chip: str) -> str:
    """A risk mark in words; `egfr:38` says its value."""
    name, _colon, value = chip.partition(":")
    return f"eGFR {value}" if name == "egfr" else str(CHIPS.get(name, name))


def gap_text(row: Waiting) -> str:
    """What was not checked: names first, then reasons in words."""
    names = row.summary.get("unmapped") or []
    rest = [saying.gap_reason(part) for part in row.gap_key.split(" + ") if part and part not in names]
    return "、".join([*names, *rest]) if saying.chinese() else ", ".join([*names, *rest])


def clock(seconds: int) -> str:
    """`4:05`, `−12:00`, `3 h 20`."""
    sign, seconds = ("−" if seconds < 0 else ""), abs(seconds)
    if seconds >= 6000:
        return f"{sign}{seconds // 3600} h {seconds % 3600 // 60:02d}"
    return f"{sign}{seconds // 60}:{seconds % 60:02d}"
