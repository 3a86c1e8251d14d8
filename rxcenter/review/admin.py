"""The desk's pages stand in the admin_* files; here also the pass policy, kept by the chief pharmacist."""

from django.contrib import admin

from rxcenter.accounts.admin_scoped import ScopedAdmin
from rxcenter.accounts.roles import Role
from rxcenter.review.admin_names import LocalNameAdmin
from rxcenter.review.admin_queue import WaitingAdmin
from rxcenter.review.models import PassPolicy

__all__ = ["LocalNameAdmin", "PassPolicyAdmin", "WaitingAdmin"]


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

    def get_readonly_fields(self, request, obj=None):
        return self.written_once if obj else ("decided_by",)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.decided_by = str(request.user)
        super().save_model(request, obj, form, change)
