"""What supervisors do from a list of the admin: a reason is chosen beside the action, whatever is refused says why."""

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminSelectWidget

from routing.models import Dispenser, Order
from routing.reasons import FORCE_RELEASE
from routing.releasing import SUPERVISORS, free, release_all
from rxcenter.accounts.admin_scoped import staff_of
from rxcenter.accounts.roles import Actor, Role
from rxcenter.errors import Refused, Words


def in_language(words: Words) -> str:
    """The sentence in the reader's language."""
    return words.en if (get_language() or "").startswith("en") else words.zh


def _reasons() -> list[tuple[str, str]]:
    return [("", _("Reason …")), *((code, in_language(words)) for code, words in FORCE_RELEASE.items())]


class ReasonForm(ActionForm):
    """The action and its coded reason."""

    reason = forms.ChoiceField(
        label="",
        required=False,
        choices=_reasons,
        widget=UnfoldAdminSelectWidget({"aria-label": gettext_lazy("Reason"), "x-show": "action"}),
    )


class Releasing:
    """Supervisors only; the person behind the request is who acts."""

    action_form = ReasonForm
    actions_on_top = True

    def has_release_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, SUPERVISORS)  # type: ignore[attr-defined]

    def supervisor(self, request: HttpRequest) -> Actor:
        operator = staff_of(request).codes(Role.OPERATOR) is None
        return Actor(Role.OPERATOR if operator else Role.REGULATOR, request.user.get_username())

    def reason(self, request: HttpRequest) -> str | None:
        """The chosen reason; None once the person was told to choose one."""
        reason = request.POST.get("reason", "")
        if reason in FORCE_RELEASE:
            return reason
        messages.error(request, _("Choose a reason beside the action."))
        return None


class ReleasesOrders(Releasing):
    """For lists of orders."""

    @admin.action(description=gettext_lazy("Take from the dispenser that holds it"), permissions=["release"])
    def release(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        reason = self.reason(request)
        if reason is None:
            return
        by, at, freed, waiting = self.supervisor(request), timezone.now(), 0, 0
        for order in queryset.select_related("prescription").order_by("prescription_id", "pk"):
            try:
                done = free(order, reason=reason, by=by, at=at)
            except Refused as refused:
                messages.warning(request, f"{order.prescription.number}: {in_language(refused.words)}")
                continue
            freed, waiting = freed + done, waiting + (not done)
            self.log_change(request, order, f"release: {reason}")  # type: ignore[attr-defined]
        if freed:
            words = ngettext("%(n)d order was released.", "%(n)d orders were released.", freed)
            messages.success(request, words % {"n": freed})
        if waiting:
            messages.info(request, _waits(waiting))


class ReleasesDispensers(Releasing):
    """For the register."""

    @admin.action(
        description=gettext_lazy("Closed: release everything it holds and was asked for"),
        permissions=["release"],
    )
    def release(self, request: HttpRequest, queryset: QuerySet[Dispenser]) -> None:
        reason = self.reason(request)
        if reason is None:
            return
        by, at = self.supervisor(request), timezone.now()
        for dispenser in queryset:
            done = release_all(dispenser.pk, reason=reason, by=by, at=at)
            self.log_change(request, dispenser, f"release all: {reason}")  # type: ignore[attr-defined]
            counts = {
                "name": str(dispenser),
                "released": len(done.released),
                "offers": len(done.offers),
                "failed": len(done.failed),
            }
            text = _(
                "%(name)s: %(released)d released, %(offers)d offers passed on, %(failed)d to look at again."
            )
            messages.success(request, text % counts)
            if done.waiting:
                messages.info(request, _waits(len(done.waiting)))
            if dispenser.active:
                messages.warning(request, _("%(name)s is still active: new orders go to it.") % counts)


def _waits(count: int) -> str:
    words = ngettext(
        "%(n)d order is packed: another person must do the same.",
        "%(n)d orders are packed: another person must do the same.",
        count,
    )
    return words % {"n": count}
