"""Operators keep institutions, staff, their roles and second factors, and take machine clients' keys back."""

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.admin import TOTPDeviceAdmin
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.admin import TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from rxcenter.accounts import keys
from rxcenter.accounts.admin_scoped import ByRole, ScopedAdmin, close
from rxcenter.accounts.models import ClientKey, Institution, StaffRole, User
from rxcenter.accounts.roles import NOT_STAFF, Role

close(Group, AccessAttempt, AccessFailureLog, AccessLog, StaticDevice, TOTPDevice)

OPERATOR = (Role.OPERATOR,)
# What a person in front of a screen can be; the others are machines.
HUMAN = [r for r in Role.choices if Role(r[0]) not in NOT_STAFF]


@admin.register(Institution)
class InstitutionAdmin(ScopedAdmin):
    view_roles = (Role.OPERATOR, Role.REGULATOR)
    add_roles = change_roles = OPERATOR
    list_display = ("code", "name", "kind", "type", "level", "district", "active")
    list_filter = ("kind", "active")
    search_fields = ("code", "name")
    fields = ("code", "name", "kind", "type", "level", "district", "active")

    def get_readonly_fields(self, request: HttpRequest, obj: Institution | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()


class StaffRoleInline(ByRole, TabularInline):
    model = StaffRole
    extra = 0
    autocomplete_fields = ("institution",)
    view_roles = add_roles = change_roles = delete_roles = OPERATOR

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "role":
            kwargs["choices"] = [("", "---------"), *HUMAN]
        return super().formfield_for_choice_field(db_field, request, **kwargs)


@admin.register(User)
class StaffAdmin(ScopedAdmin, UserAdmin):
    """Members of staff; what they may do stands in their roles."""

    form, add_form, change_password_form = UserChangeForm, UserCreationForm, AdminPasswordChangeForm
    view_roles = add_roles = change_roles = OPERATOR
    inlines = (StaffRoleInline,)
    list_display = ("username", "full_name", "held_roles", "is_active", "last_login")
    list_filter = ("is_active",)
    search_fields = ("username", "first_name", "last_name")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("last_name", "first_name", "email", "prescriber_id")}),
        (_("Access"), {"fields": ("is_active", "is_staff", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "usable_password", "password1", "password2")}),
    )

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("roles")

    def save_model(self, request, obj, form, change):
        if not change:
            obj.is_staff = True  # whoever is entered here is to use these pages; roles say which
        super().save_model(request, obj, form, change)

    @admin.display(description=_("name"))
    def full_name(self, obj: User) -> str:
        return obj.get_full_name()

    @admin.display(description=_("roles"))
    def held_roles(self, obj: User) -> str:
        return ", ".join(
            f"{r.get_role_display()} · {r.institution_id or _('region')}" for r in obj.roles.all()
        )


@admin.register(ClientKey)
class ClientKeyAdmin(ScopedAdmin):
    """Keys are issued on the command line, where they are shown once; here they can be seen and taken back."""

    view_roles = OPERATOR
    list_display = ("id", "institution", "label", "scopes", "created_at", "expires_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("institution",)
    search_fields = ("id", "institution__code", "institution__name", "label")
    fields = list_display
    ordering = ("-created_at",)
    actions_on_top = True
    actions = ("revoke",)

    @admin.action(description=_("Revoke the chosen keys"))
    def revoke(self, request: HttpRequest, queryset) -> None:
        at = timezone.now()
        ended = sum(keys.revoke(key.pk, at=at) for key in queryset)
        for key in queryset:
            self.log_change(request, key, "revoked")
        words = ngettext("%(n)d key revoked.", "%(n)d keys revoked.", ended) % {"n": ended}
        self.message_user(request, words, messages.SUCCESS)


@admin.register(TOTPDevice)
class SecondFactorAdmin(ScopedAdmin, TOTPDeviceAdmin):
    """An operator enrols a person's authenticator and takes a lost one away."""

    view_roles = add_roles = change_roles = delete_roles = OPERATOR
    list_display = ("user", "name", "confirmed")
    raw_id_fields = ()
