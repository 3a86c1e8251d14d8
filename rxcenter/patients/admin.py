"""Identity conflicts for operators and chiefs to settle; the access log for regulators and operators to read."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from rxcenter.accounts.admin_scoped import ScopedAdmin, staff_of
from rxcenter.accounts.roles import Role
from rxcenter.errors import Refused
from rxcenter.patients.merging import settle
from rxcenter.patients.models import AccessLog, MergeCandidate

SETTLERS = (Role.OPERATOR, Role.CHIEF)


class SettleForm(forms.ModelForm):
    """One person or two, and why."""

    answer = forms.ChoiceField(
        label=_("Decision"),
        choices=[("one", _("One person: merge")), ("two", _("Two persons: keep apart"))],
        widget=UnfoldAdminRadioSelectWidget,
    )
    why = forms.CharField(label=_("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget)

    class Meta:
        model = MergeCandidate
        fields = ()

    def clean(self):
        if self.instance.state != MergeCandidate.State.OPEN:
            raise ValidationError(_("This conflict was settled before."))
        return super().clean()


@admin.register(MergeCandidate)
class MergeCandidateAdmin(ScopedAdmin):
    view_roles = change_roles = SETTLERS
    form = SettleForm
    list_display = ("__str__", "state", "created_at", "decided_by", "decided_at")
    list_filter = ("state",)
    ordering = ("-created_at",)
    readonly_fields = (
        "first_keys", "second_keys", "prescription", "created_at", "state", "decided_by", "decided_at", "reason",
    )  # fmt: skip

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("first", "second")

    def get_fields(self, request, obj=None):
        still_open = obj is not None and obj.state == MergeCandidate.State.OPEN
        return (*self.readonly_fields, *(("answer", "why") if still_open else ()))

    def has_change_permission(self, request, obj=None):
        settled = obj is not None and obj.state != MergeCandidate.State.OPEN
        return not settled and super().has_change_permission(request, obj)

    def save_model(self, request, obj, form, change):
        staff = staff_of(request)
        role = next(r for r in SETTLERS if staff.may(r))
        given = form.cleaned_data
        try:
            settle(
                obj.pk,
                same=given["answer"] == "one",
                by=staff.actor(role),
                at=timezone.now(),
                reason=given["why"],
            )
        except Refused as refusal:
            said = refusal.words.zh if (get_language() or "").startswith("zh") else refusal.words.en
            self.message_user(request, said, messages.ERROR)

    @admin.display(description=_("identifiers of the first person"))
    def first_keys(self, obj: MergeCandidate) -> str:
        return self._systems(obj.first)

    @admin.display(description=_("identifiers of the second person"))
    def second_keys(self, obj: MergeCandidate) -> str:
        return self._systems(obj.second)

    def _systems(self, person) -> str:
        """Blind indexes: enough to see which identifiers meet, not what they say."""
        return ", ".join(
            f"{key[:24]}…" for key in person.identities.order_by("key").values_list("key", flat=True)
        )


@admin.register(AccessLog)
class AccessLogAdmin(ScopedAdmin):
    view_roles = (Role.REGULATOR, Role.OPERATOR)
    list_display = ("at", "actor", "role", "purpose", "institution", "fields", "prescription", "patient")
    list_filter = ("role",)
    search_fields = ("actor", "institution", "prescription", "patient")
    date_hierarchy = "at"
    ordering = ("-at",)
