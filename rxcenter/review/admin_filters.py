"""Filters of the queue with fixed choices: asking the table for its distinct values would read all of it."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

SETTINGS = {
    "outpatient": _("outpatient"),
    "emergency": _("emergency"),
    "inpatient": _("inpatient"),
    "internet": _("internet care"),
    "home": _("home"),
}


class BySetting(SimpleListFilter):
    """Outpatient, emergency, …"""

    title = _("setting")
    parameter_name = "setting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(SETTINGS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(prescription__setting=self.value()) if self.value() in SETTINGS else queryset
