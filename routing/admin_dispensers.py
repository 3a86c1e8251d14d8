"""The register of dispensers for operators."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from routing.admin_releasing import ReleasesDispensers
from routing.eligible import LICENSED, LICENSED_OUTSIDE
from routing.models import Dispenser
from rxcenter.accounts.admin_scoped import ScopedAdmin
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
class DispenserAdmin(ReleasesDispensers, ScopedAdmin):
    form = DispenserForm
    view_roles = (Role.OPERATOR, Role.REGULATOR)
    add_roles = change_roles = (Role.OPERATOR,)
    list_display = ("institution", "active", "in_pool", "delivers", "licences", "phone")
    list_filter = ("active", "in_pool", "delivers")
    list_select_related = ("institution",)
    actions = ("release",)
    search_fields = ("institution__code", "institution__name")
    autocomplete_fields = ("institution",)

    def get_readonly_fields(self, request: HttpRequest, obj: Dispenser | None = None) -> tuple[str, ...]:
        return ("institution",) if obj else ()
