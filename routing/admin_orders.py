"""Orders to look at for operators and regulators, and to take from a holder by force. Nothing personal here."""

from decimal import Decimal

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from routing.admin_releasing import ReleasesOrders, in_language
from routing.eligible import REASONS
from routing.models import Claim, Offer, Order, ReleaseRequest
from rxcenter.accounts.admin_scoped import ByRole, ScopedAdmin
from rxcenter.accounts.roles import Role


class _LookOnly(ByRole, TabularInline):
    view_roles = (Role.OPERATOR, Role.REGULATOR)
    extra = 0
    can_delete = False


class OffersInline(_LookOnly):
    model = Offer
    fields = readonly_fields = ("rank", "dispenser", "state", "reason", "made_at", "answered_at")


class ClaimsInline(_LookOnly):
    model = Claim
    fields = readonly_fields = ("dispenser", "state", "claimed_at", "lease_until", "ended_at", "reason")


@admin.register(Order)
class OrderAdmin(ReleasesOrders, ScopedAdmin):
    """Who holds what since when; moves happen through the protocol only."""

    view_roles = (Role.OPERATOR, Role.REGULATOR)
    list_display = ("number", "institution", "state", "holder", "state_since", "expires_at", "pool", "stale")
    list_filter = ("stale", "state", "pool", "delivery")
    actions = ("release",)
    list_select_related = ("prescription", "institution")
    search_fields = ("prescription__number__exact",)
    ordering = ("-created_at",)
    fields = readonly_fields = (
        "number",
        "institution",
        "state",
        "state_since",
        "stale",
        "holder",
        "release_asked",
        "parent",
        "lines_left",
        "expires_at",
        "delivery",
        "pool",
        "groups",
        "passed_over",
    )
    inlines = (OffersInline, ClaimsInline)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The supervisor's list shows first what has stood still longest."""
        return ("state_since",) if request.GET.get("stale__exact") == "1" else self.ordering

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        held = Claim.objects.filter(state=Claim.State.OPEN).select_related("dispenser__institution")
        rows = super().get_queryset(request).defer("prescription__document", "prescription__sealed")
        return rows.prefetch_related(Prefetch("claims", queryset=held, to_attr="held"))

    @admin.display(description=_("number"), ordering="prescription__number")
    def number(self, order: Order) -> str:
        return f"{order.prescription.number}/{order.prescription.revision}"

    @admin.display(description=_("holder"))
    def holder(self, order: Order) -> str:
        return ", ".join(str(claim.dispenser) for claim in _held(order)) or "–"

    @admin.display(description=_("lines"))
    def lines_left(self, order: Order) -> str:
        rows = order.lines.order_by("line")
        return (
            "; ".join(f"{r.line}: {_number(r.remaining)}/{_number(r.authorised)} {r.unit}" for r in rows)
            or "–"
        )

    @admin.display(description=_("release asked by"))
    def release_asked(self, order: Order) -> str:
        waiting = ReleaseRequest.objects.filter(claim__in=_held(order), confirmed_at=None).first()
        return f"{waiting.asked_by} ({waiting.reason})" if waiting else "–"

    @admin.display(description=_("why not the others"))
    def passed_over(self, order: Order) -> str:
        lines = [f"{code}: {'; '.join(map(_said, reasons))}" for code, reasons in order.why_not.items()]
        return "\n".join(lines) or "–"


def _held(order: Order) -> list[Claim]:
    """The open claim, as OrderAdmin.get_queryset has read it."""
    found: list[Claim] = getattr(order, "held", [])
    return found


def _number(value: Decimal | None) -> str:
    return "–" if value is None else f"{value.normalize():f}"


def _said(reason: str) -> str:
    code, _colon, group = reason.partition(":")
    words = REASONS.get(code)
    text = reason if words is None else in_language(words)
    return f"{text} ({group})" if group else text
