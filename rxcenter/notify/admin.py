"""Operators keep webhooks and approved networks, see what was not delivered and why, and replay what was given up."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from rxcenter.accounts.admin_scoped import ScopedAdmin, staff_of
from rxcenter.accounts.models import Institution
from rxcenter.accounts.roles import Role
from rxcenter.errors import Invalid
from rxcenter.ledger.models import StreamHead
from rxcenter.notify import rotating
from rxcenter.notify.models import ApprovedNetwork, Delivery, Endpoint
from rxcenter.notify.reasons import in_words
from rxcenter.notify.replaying import replay
from rxcenter.notify.subscribing import change, check, subscribe, try_out

OPERATOR = (Role.OPERATOR,)
CONDITIONS = {"ok": _("ok"), "down": _("out of reach"), "paused": _("not active")}


class ByCode(forms.ModelChoiceField):
    """An institution by its code: the admin's searchable box has no name that a screen reader could say."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, **how: Any) -> None:
        super().__init__(Institution.objects.all(), label=_("institution code"), **how)


class EndpointForm(forms.ModelForm):
    """The same checks as the API's."""

    institution = ByCode()

    class Meta:
        model = Endpoint
        fields = ("institution", "url", "events", "note", "active")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        given["events"] = [word.strip() for word in given.get("events") or []]
        place = given.get("institution") or getattr(self.instance, "institution", None)
        if place and given.get("url"):
            try:
                check(place.pk, url=given["url"], events=given["events"], at=timezone.now())
            except Invalid as refusal:
                for problem in refusal.extra["problems"]:
                    self.add_error(problem["path"].removeprefix("$."), problem["message"][_language()])
        return given


@admin.register(Endpoint)
class EndpointAdmin(ScopedAdmin):
    """Where institutions want to be woken, and how each receiver is."""

    form = EndpointForm
    view_roles = add_roles = change_roles = OPERATOR
    list_display = ("institution", "url", "how", "behind", "failures", "why", "delivered_at")
    list_filter = ("active", ("down_since", admin.EmptyFieldListFilter))
    list_select_related = ("institution",)
    search_fields = ("institution__code", "institution__name", "url")
    readonly_fields = (
        "how", "behind", "cursor", "failures", "down_since", "next_try_at", "why", "paused", "delivered_at", "created_at",
    )  # fmt: skip
    actions_on_top = True
    actions = ("rotate", "send_test")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        head = StreamHead.objects.filter(stream=OuterRef("institution_id")).values("seq")
        return super().get_queryset(request).annotate(lag=Coalesce(Subquery(head), 0) - F("cursor"))

    def get_fields(self, request: HttpRequest, obj: Endpoint | None = None) -> tuple[str, ...]:
        asked = EndpointForm.Meta.fields
        return (*asked, *self.readonly_fields) if obj else asked[:-1]

    def get_readonly_fields(self, request: HttpRequest, obj: Endpoint | None = None) -> tuple[str, ...]:
        return ("institution", *self.readonly_fields) if obj else ()

    @admin.display(description=_("receiver"))
    def how(self, endpoint: Endpoint) -> str:
        return str(CONDITIONS[endpoint.condition])

    @admin.display(description=_("events behind"))
    def behind(self, endpoint: Endpoint) -> int:
        return max(0, endpoint.lag)

    @admin.display(description=_("last failure"))
    def why(self, endpoint: Endpoint) -> str:
        return in_words(endpoint.last_error) if endpoint.last_error else "–"

    def save_model(self, request: HttpRequest, obj: Endpoint, form: EndpointForm, changed: bool) -> None:
        given, at = form.cleaned_data, timezone.now()
        if changed:
            change(
                Endpoint.objects.get(pk=obj.pk),
                at=at,
                **{name: given[name] for name in form.changed_data if name in given},
            )
            return
        made, request.rx_secret = subscribe(
            obj.institution_id, given["url"], events=given["events"], note=given["note"], at=at
        )
        obj.pk = made.pk

    def response_add(
        self, request: HttpRequest, obj: Endpoint, post_url_continue: Any = None
    ) -> HttpResponse:
        return self._shown(request, [{"endpoint": obj, "secret": request.rx_secret}])

    @admin.action(description=_("Rotate the secrets of the chosen webhooks"))
    def rotate(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> HttpResponse:
        made = []
        for endpoint in queryset:
            secret, until = rotating.rotate(endpoint, at=timezone.now())
            made.append({"endpoint": endpoint, "secret": secret, "until": until})
            self.log_change(request, endpoint, "secret rotated")
        return self._shown(request, made)

    @admin.action(description=_("Send a test message to the chosen webhooks"))
    def send_test(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        count = len([try_out(endpoint, at=timezone.now()) for endpoint in queryset])
        words = ngettext("%(n)d test message is on its way.", "%(n)d test messages are on their way.", count)
        self.message_user(request, words % {"n": count}, messages.SUCCESS)

    def _shown(self, request: HttpRequest, made: list[dict[str, Any]]) -> HttpResponse:
        """A page of its own: a secret in a message would be kept in a cookie."""
        context = {**self.admin_site.each_context(request), "title": _("Signing secrets"), "made": made}
        return TemplateResponse(request, "notify/secrets.html", context)


class ByDeliveryState(admin.SimpleListFilter):
    """Given up, to be tried again, behind another, delivered."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return Delivery.State.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(state=self.value()) if self.value() in Delivery.State.values else queryset


@admin.register(Delivery)
class DeliveryAdmin(ScopedAdmin):
    """What did not get through at once. Given up means: later events of that prescription wait at that receiver."""

    view_roles = OPERATOR
    list_display = ("__str__", "endpoint", "subject", "state", "attempts", "why", "due_at")
    list_filter = (ByDeliveryState,)
    list_select_related = ("endpoint",)
    search_fields = ("subject__exact", "endpoint__institution__code__exact")
    ordering = ("-id",)
    fields = readonly_fields = (
        "endpoint", "type", "seq", "subject", "version", "at", "message_id", "state", "attempts", "due_at", "history",
        "delivered_at",
    )  # fmt: skip
    actions_on_top = True
    actions = ("replay",)

    @admin.display(description="webhook-id")
    def message_id(self, row: Delivery) -> str:
        return row.message.id

    @admin.display(description=_("last failure"))
    def why(self, row: Delivery) -> str:
        return in_words(row.tries[-1]["reason"]) if row.tries else "–"

    @admin.display(description=_("each attempt"))
    def history(self, row: Delivery) -> str:
        lines = (
            (_when(one["at"]), in_words(one["reason"]), one.get("by") or _took(one)) for one in row.tries
        )
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{} · {} · {}</li>", lines))

    @admin.action(description=_("Replay the chosen deliveries that were given up"))
    def replay(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        chosen = list(queryset.filter(state=Delivery.State.DEAD))
        by = staff_of(request).actor(Role.OPERATOR)
        count = replay([row.pk for row in chosen], by=by, at=timezone.now())
        for row in chosen:
            self.log_change(request, row, "replayed")
        words = ngettext("%(n)d delivery is tried again.", "%(n)d deliveries are tried again.", count)
        self.message_user(request, words % {"n": count}, messages.SUCCESS if count else messages.WARNING)


class NetworkForm(forms.ModelForm):
    institution = ByCode(
        required=False, help_text=_("whose webhooks may reach it; empty means every institution's")
    )

    class Meta:
        model = ApprovedNetwork
        fields = ("network", "institution", "plain_http", "reason", "in_force_from", "in_force_to")


@admin.register(ApprovedNetwork)
class ApprovedNetworkAdmin(ScopedAdmin):
    """Private networks that webhooks may reach. A row is never rewritten: it ends, and another begins."""

    view_roles = (Role.OPERATOR, Role.REGULATOR)
    add_roles = change_roles = OPERATOR
    form = NetworkForm
    list_display = (
        "network", "institution", "plain_http", "in_force_from", "in_force_to", "approved_by", "reason",
    )  # fmt: skip
    list_select_related = ("institution",)
    fields = ("network", "institution", "plain_http", "reason", "in_force_from", "in_force_to")

    def get_readonly_fields(
        self, request: HttpRequest, obj: ApprovedNetwork | None = None
    ) -> tuple[str, ...]:
        return ("network", "institution", "plain_http", "reason", "in_force_from") if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"in_force_from": timezone.localdate()}

    def save_model(self, request: HttpRequest, obj: ApprovedNetwork, form: Any, changed: bool) -> None:
        if not changed:
            obj.approved_by = request.user.username
        super().save_model(request, obj, form, changed)


def _language() -> str:
    return "zh" if (get_language() or "").startswith("zh") else "en"


def _when(text: str) -> str:
    return timezone.localtime(datetime.fromisoformat(text)).strftime("%Y-%m-%d %H:%M:%S")


def _took(one: dict[str, Any]) -> str:
    return f"{one.get('ms', 0)} ms"
