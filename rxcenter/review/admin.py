"""The desk's pages stand in the admin_* files; here also the pass policy, kept by the chief pharmacist."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from rxcenter.accounts.admin_scoped import ScopedAdmin
from rxcenter.accounts.models import Institution
from rxcenter.accounts.roles import Role
from rxcenter.review import policy
from rxcenter.review.admin_filters import SETTINGS
from rxcenter.review.admin_names import LocalNameAdmin
from rxcenter.review.admin_queue import WaitingAdmin
from rxcenter.review.models import PassPolicy

__all__ = ["LocalNameAdmin", "PassPolicyAdmin", "WaitingAdmin"]


GROUPS = {
    "*": _("any drug"), "psychotropic_2": _("psychotropic II"), "precursor": _("precursor"),
    "injection": _("injection"), "herbal": _("herbal"), "antimicrobial_special": _("special antimicrobial"),
}  # fmt: skip
KINDS = [k for k in Institution.Kind.choices if k[0] not in policy.NEVER_AUTOMATIC_KINDS | {"pharmacy"}]
CHOICES = {
    "setting": [s for s in SETTINGS.items() if s[0] not in policy.NEVER_AUTOMATIC_SETTINGS],
    "institution_kind": KINDS,
    "drug_group": GROUPS.items(),
}


@admin.register(PassPolicy)
class PassPolicyAdmin(ScopedAdmin):
    """Dated rows: a row in force is ended and followed by another, never rewritten."""

    view_roles = (Role.CHIEF, Role.REGULATOR)
    add_roles = change_roles = (Role.CHIEF,)
    list_display = (
        "setting", "institution_kind", "drug_group", "automatic", "in_force_from", "in_force_to", "decided_by",
    )  # fmt: skip
    list_filter = ("setting", "institution_kind", "automatic")
    fields = list_display
    written_once = (
        "setting", "institution_kind", "drug_group", "automatic", "in_force_from", "decided_by",
    )  # fmt: skip

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """What the law never lets pass (internet, narcotics, …) is not even offered."""
        if db_field.name in CHOICES:
            return forms.ChoiceField(
                label=db_field.verbose_name, choices=CHOICES[db_field.name], widget=UnfoldAdminSelectWidget
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_readonly_fields(self, request, obj=None):
        return self.written_once if obj else ("decided_by",)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.decided_by = str(request.user)
        super().save_model(request, obj, form, change)
