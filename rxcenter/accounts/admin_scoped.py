"""What every admin page of this project is made of: roles decide who sees and does what; is_superuser means nothing."""

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from rxcenter.accounts.roles import Role
from rxcenter.accounts.scopes import Staff


def staff_of(request: HttpRequest) -> Staff:
    """The roles of the person behind a request, read once."""
    if not hasattr(request, "rx_staff"):
        request.rx_staff = Staff(request.user)
    return request.rx_staff


class ByRole:
    """Permissions from StaffRole. Nothing named here is nobody's: an admin without roles is closed.

    `scope_field` names the institution's column; without it only roles held for the whole region count.
    """

    view_roles: tuple[Role, ...] = ()
    add_roles: tuple[Role, ...] = ()
    change_roles: tuple[Role, ...] = ()
    delete_roles: tuple[Role, ...] = ()
    scope_field: str | None = None

    def holds(self, request: HttpRequest, roles: tuple[Role, ...]) -> bool:
        """Whether the person holds one of `roles` here."""
        user = request.user
        if not (user.is_active and user.is_staff and roles):
            return False
        staff = staff_of(request)
        return staff.may(*roles) if self.scope_field else staff.codes(*roles) is None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.holds(request, self.view_roles) and self._covers(request, self.view_roles, obj)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.holds(request, self.add_roles)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.holds(request, self.change_roles) and self._covers(request, self.change_roles, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.holds(request, self.delete_roles) and self._covers(request, self.delete_roles, obj)

    def _covers(self, request: HttpRequest, roles: tuple[Role, ...], obj: Model | None) -> bool:
        if obj is None or self.scope_field is None:
            return True
        codes = staff_of(request).codes(*roles)
        return codes is None or getattr(obj, self.scope_field) in codes


class ScopedAdmin(ByRole, ModelAdmin):
    """An admin page whose rows are those of the person's institutions."""

    list_filter_sheet = True
    show_full_result_count = False
    actions_on_top = False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        if self.scope_field:
            return rows.filter(staff_of(request).within(*self.view_roles, field=self.scope_field))
        return rows.filter(Q() if self.holds(request, self.view_roles) else Q(pk__in=[]))


def close(*models: type[Model]) -> None:
    """Take pages that know only Django's own permissions out of the admin."""
    for model in models:
        if admin.site.is_registered(model):
            admin.site.unregister(model)
