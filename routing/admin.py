"""The register of dispensers for operators; orders to look at for operators and regulators. Nothing personal here."""

from django import forms
from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from routing.eligible import LICENSED, LICENSED_OUTSIDE, REASONS
from routing.models import Claim, Dispenser, Offer, Order
from rxcenter.accounts.admin_scoped import ByRole, ScopedAdmin
from rxcenter.accounts.roles import Role

LICENCES = sorted(LICENSED | LICENSED_OUTSIDE)


class DispenserForm(forms.ModelForm):
    """Licences are words of a closed list: a misspelt one would keep a pharmacy out in silence."""

    class Meta:
        model = Dispenser
        fields = (
            "institution",
            "active",
            "in_pool",
            "delivers",
            "delivery_regions",
            "licences",
            "phone",
            "address",
        )

    def clean_licences(self) -> list[str]:
        given = [word.strip() for word in self.cleaned_data["licences"]]
        unknown = sorted(set(given) - set(LICENCES))
        if unknown:
            words = _("Unknown: %(unknown)s. Known licences: %(known)s.")
            raise forms.ValidationError(
                words, params={"unknown": ", ".join(unknown), "known": ", ".join(LICENCES)}
            )
        return sorted(set(given))


@admin.register(Dispenser)
class DispenserAdmin(ScopedAdmin):
    form = DispenserForm
    view_roles = (Role.OPERATOR, Role.REGULATOR)
    add_roles = change_roles = (Role.OPERATOR,)
    list_display = ("institution", "active", "in_pool", "delivers", "licences", "phone")
    list_filter = ("active", "in_pool", "delivers")
    list_select_related = ("institution",)
    search_fields = ("institution__code", "institution__name")
    autocomplete_fields = ("institution",)

    def get_readonly_fields(self, request: HttpRequest, obj: Dispenser | None = None) -> tuple[str, ...]:
        return ("institution",) if obj else ()


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
class OrderAdmin(ScopedAdmin):
    """Who holds what since when; moves happen through the protocol only."""

    view_roles = (Role.OPERATOR, Role.REGULATOR)
    list_display = ("number", "institution", "state", "holder", "state_since", "expires_at", "pool")
    list_filter = ("state", "pool", "delivery")
    list_select_related = ("prescription", "institution")
    search_fields = ("prescription__number__exact",)
    ordering = ("-created_at",)
    fields = readonly_fields = (
        "number",
        "institution",
        "state",
        "state_since",
        "holder",
        "expires_at",
        "delivery",
        "pool",
        "groups",
        "passed_over",
    )
    inlines = (OffersInline, ClaimsInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        held = Claim.objects.filter(state=Claim.State.OPEN).select_related("dispenser__institution")
        rows = super().get_queryset(request).defer("prescription__document", "prescription__sealed")
        return rows.prefetch_related(Prefetch("claims", queryset=held, to_attr="held"))

    @admin.display(description=_("number"), ordering="prescription__number")
    def number(self, order: Order) -> str:
        return f"{order.prescription.number}/{order.prescription.revision}"

    @admin.display(description=_("holder"))
    def holder(self, order: Order) -> str:
        return ", ".join(str(claim.dispenser) for claim in order.held) or "–"

    @admin.display(description=_("why not the others"))
    def passed_over(self, order: Order) -> str:
        lines = [f"{code}: {'; '.join(map(_said, reasons))}" for code, reasons in order.why_not.items()]
        return "\n".join(lines) or "–"


def _said(reason: str) -> str:
    code, _colon, group = reason.partition(":")
    words = REASONS.get(code)
    text = reason if words is None else words.en if (get_language() or "").startswith("en") else words.zh
    return f"{text} ({group})" if group else text
