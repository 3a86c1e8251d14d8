"""Drug names nobody understands yet, by how often they hold a prescription, and the chief's page to map them."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from audit_rules.names import plain
from rxcenter.accounts.admin_scoped import ScopedAdmin, staff_of
from rxcenter.accounts.roles import Role
from rxcenter.errors import Refused
from rxcenter.prescriptions.models import PrescriptionItem
from rxcenter.prescriptions.states import State
from rxcenter.review import catalogue, saying
from rxcenter.review.admin_formulary import formulary
from rxcenter.review.mapping import map_name
from rxcenter.review.models import LocalName
from rxcenter.review.waiting import REVIEWERS

RECENT_DAYS = 30
SHOWN = 100
FOUND = 12


class Ingredient(NamedTuple):
    """A choice of the search: the exact key and what people call it."""

    key: str
    zh: str
    atc: str


def unmapped(staff: Any, at: datetime) -> list[dict[str, Any]]:
    """Unknown names among waiting and recent prescriptions of the person's institutions, the most waited-for first."""
    waits = Q(prescription__state__in=[State.IN_REVIEW, State.WITH_PRESCRIBER])
    recent = Q(prescription__received_at__gte=at - timedelta(days=RECENT_DAYS), prescription__origin="live")
    rows = (
        PrescriptionItem.objects.filter(
            staff.within(*REVIEWERS, field="prescription__institution"), ingredients=[]
        )
        .filter(waits | recent)
        .exclude(name__in=LocalName.objects.values("name"))
        .values("name")
        .annotate(
            waiting=Count("prescription", filter=waits, distinct=True),
            seen=Count("prescription", distinct=True),
            places=Count("prescription__institution", distinct=True),
            last=Max("prescription__received_at"),
        )
        .order_by("-waiting", "-seen", "name")[:SHOWN]
    )
    return list(rows)


def search(text: str) -> list[Ingredient]:
    """Ingredients whose key or Chinese name contains `text`. For a person to choose from: it decides nothing."""
    wanted = plain(text)
    if not wanted:
        return []
    found = [
        Ingredient(row.ingredient, row.zh, row.atc)
        for row in catalogue.current().ingredients.values()
        if wanted in row.ingredient or wanted in plain(row.zh)
    ]
    return sorted(
        found, key=lambda i: (wanted not in (i.key, plain(i.zh)), not i.key.startswith(wanted), i.key)
    )[:FOUND]


@admin.register(LocalName)
class LocalNameAdmin(ScopedAdmin):
    """Names mapped so far. They are made on the page of unmapped names and never edited."""

    view_roles = REVIEWERS
    list_display = ("name", "means", "by", "at")
    list_select_related = ("by",)
    search_fields = ("name",)
    ordering = ("-at",)
    fields = ("name", "means", "by", "at")
    readonly_fields = ("means",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return LocalName.objects.all() if self.has_view_permission(request) else LocalName.objects.none()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Mapped names are the whole region's, so a hospital's pharmacist reads them too."""
        return request.user.is_active and request.user.is_staff and staff_of(request).may(*REVIEWERS)

    @admin.display(description=gettext_lazy("ingredients"))
    def means(self, row: LocalName) -> str:
        return " + ".join(f"{saying.drug(k)} ({k})" if saying.drug(k) != k else k for k in row.ingredients)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("unmapped/", view(require_GET(self.unmapped_view)), name="review_localname_unmapped"),
            path(
                "ingredients/", view(require_GET(self.ingredients_view)), name="review_localname_ingredients"
            ),
            path("formulary/", view(self.formulary_view), name="review_localname_formulary"),
            path("map/", view(require_POST(self.map_view)), name="review_localname_map"),
            *super().get_urls(),
        ]

    def unmapped_view(self, request: HttpRequest) -> HttpResponse:
        """The list; with ?name= the form to map that name, with ?q= the ingredients found."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        name, text = request.GET.get("name", ""), request.GET.get("q", "")
        chosen = [k for k in request.GET.getlist("ingredients") if k in catalogue.current().ingredients]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Unmapped names"),
            "names": unmapped(staff_of(request), timezone.now()),
            "recent_days": RECENT_DAYS,
            "name": name,
            "q": text,
            "found": search(text),
            "chosen": [Ingredient(k, catalogue.current().ingredients[k].zh, "") for k in chosen],
            "may_map": staff_of(request).codes(Role.CHIEF) is None,
            "media": self.media,
        }
        return TemplateResponse(request, "review/unmapped.html", context)

    def formulary_view(self, request: HttpRequest) -> HttpResponse:
        """What a hospital's own drug list means."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return formulary(request, self.admin_site)

    def ingredients_view(self, request: HttpRequest) -> HttpResponse:
        """The search as data, for the page's script."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return JsonResponse({"found": [i._asdict() for i in search(request.GET.get("q", ""))]})

    def map_view(self, request: HttpRequest) -> HttpResponse:
        name = request.POST.get("name", "")
        try:
            again = map_name(name, request.POST.getlist("ingredients"), by=request.user, at=timezone.now())
        except Refused as refusal:
            messages.error(request, saying.refusal(refusal))
            return redirect("admin:review_localname_unmapped")
        words = ngettext(
            "“%(name)s” is mapped; %(n)d prescription is audited again.",
            "“%(name)s” is mapped; %(n)d prescriptions are audited again.",
            len(again),
        )
        messages.success(request, words % {"name": name, "n": len(again)})
        return redirect("admin:review_localname_unmapped")
