"""The counter in the admin: one page with everything of a dispenser, one page for each claim. Every button is one verb."""

from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from routing import proving, reasons
from routing.admin_counter_claim import ClaimPage
from routing.claiming import Claimed
from routing.counter import listing, scanning, shown_codes, words
from routing.declining import acknowledge_shown, answer_stock, decline
from routing.models import Claim, Offer, Transfer
from routing.quarantining import claim_or_quarantine, or_quarantine
from routing.refusals import AlreadyHeldByYou, TransferEnded
from routing.transferring import accept_transfer, decline_transfer
from rxcenter.accounts.admin_scoped import ScopedAdmin, staff_of
from rxcenter.accounts.models import Institution
from rxcenter.accounts.roles import Actor, Role
from rxcenter.errors import Refused

PLACE = "counter_place"


@admin.register(Claim)
class CounterAdmin(ClaimPage, ScopedAdmin):
    """Staff of a dispenser; the institution whose counter it is stands in the session where a person has several."""

    view_roles = (Role.DISPENSER,)
    scope_field = "dispenser_id"

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A counter belongs to a place: nobody stands at all of them at once."""
        return bool(staff_of(request).codes(Role.DISPENSER)) and super().has_view_permission(request, obj)

    def get_urls(self) -> list[Any]:
        """Only these pages: nothing of a claim can be edited, and its history stands in the ledger."""

        def page(where: str, view: Any, name: str) -> Any:
            return path(where, self.admin_site.admin_view(require_GET(view)), name=f"routing_claim_{name}")

        def door(where: str, view: Any, name: str) -> Any:
            return path(where, self.admin_site.admin_view(require_POST(view)), name=f"routing_claim_{name}")

        return [
            page("", self.counter_view, "changelist"),
            door("scan/", self.scan_view, "scan"),
            door("place/", self.place_view, "place"),
            door("offer/<int:pk>/<slug:act>/", self.offer_view, "offer"),
            door("transfer/<int:pk>/<slug:act>/", self.transfer_view, "transfer"),
            page("<uuid:pk>/change/", self.claim_view, "change"),
            door("<uuid:pk>/act/<slug:act>/", self.act_view, "act"),
        ]

    def here(self, request: HttpRequest) -> Actor:
        """Who stands at which counter. Raises PermissionDenied for everyone else."""
        codes = staff_of(request).codes(Role.DISPENSER)
        if not request.user.is_active or not codes:
            raise PermissionDenied
        chosen = request.session.get(PLACE)
        return Actor(
            Role.DISPENSER, request.user.get_username(), chosen if chosen in codes else sorted(codes)[0]
        )

    def counter_view(self, request: HttpRequest) -> HttpResponse:
        return self.counter(request, self.here(request))

    def counter(
        self,
        request: HttpRequest,
        by: Actor,
        *,
        typed: dict[str, str] | None = None,
        error: str = "",
        status: int = 200,
    ) -> HttpResponse:
        """The page; what it shows of offers counts as seen."""
        at, me = timezone.now(), by.institution or ""
        offers, held = listing.offers(me, at=at), listing.claims(me, at=at)
        if unseen := [o.pk for o in offers if o.new]:
            acknowledge_shown(unseen, by=by, at=at)
        codes = sorted(staff_of(request).codes(Role.DISPENSER) or ())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("Counter"),
            "media": self.media,
            "is_fullwidth": "1",
            "places": Institution.objects.filter(pk__in=codes) if len(codes) > 1 else (),
            "here": Institution.objects.get(pk=me),
            "now": at,
            "offers": offers,
            "transfers": listing.transfers(me, at=at),
            "held": held,
            "held_free": sum(m.cancel is None for m in held),
            "owings": listing.owings(held, at=at),
            "given": listing.given(me, at=at),
            "decline_reasons": words.choices(reasons.DECLINE),
            "withdraw_reasons": words.choices(reasons.WITHDRAW),
            "stock_answers": Offer.Stock.choices,
            "nonce": uuid4(),
            "typed": typed or {},
            "error": error,
        }
        return TemplateResponse(request, "routing/counter/counter.html", context, status=status)

    def place_view(self, request: HttpRequest) -> HttpResponse:
        """Another of one's own counters."""
        if request.POST.get("place") in (staff_of(request).codes(Role.DISPENSER) or ()):
            request.session[PLACE] = request.POST["place"]
        return redirect("admin:routing_claim_changelist")

    def scan_view(self, request: HttpRequest) -> HttpResponse:
        """A scan opens what it is about; what is refused stays on the page with what was typed."""
        by, at = self.here(request), timezone.now()
        typed = {name: request.POST.get(name, "")[:200] for name in ("scan", "code")}
        scan = scanning.read(typed["scan"], typed["code"])
        if not scan.number:
            return redirect("admin:routing_claim_changelist")
        shown = {"scan": scan.number, "code": scan.code}
        try:
            with proving.counting(at):
                opened = scanning.open_scan(scan, by=by, at=at)
        except Refused as refused:
            opened = refused
        if isinstance(opened, Refused):
            return self.counter(request, by, typed=shown, error=words.said(opened), status=opened.status)
        if opened.claim is None:
            return self._not_yet(request, by, shown, opened.offer)
        if scan.code:
            shown_codes.remember(request.session, opened.claim, scan.code, at=at)
        if opened.new:
            messages.success(request, _("%(number)s is yours now.") % {"number": scan.number})
        return redirect("admin:routing_claim_change", opened.claim.pk)

    def _not_yet(
        self, request: HttpRequest, by: Actor, typed: dict[str, str], offer: Offer | None
    ) -> HttpResponse:
        """A number without its code: an offer can be accepted, anything else needs the code."""
        if offer is not None:
            error = _("Offered to you: accept it below, or scan the patient's code.")
            return self.counter(request, by, typed={**typed, "offer": str(offer.pk)}, error=error)
        error = _("Now the pickup code: nine digits.")
        return self.counter(request, by, typed={**typed, "ask_code": "1"}, error=error)

    def offer_view(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        by, at = self.here(request), timezone.now()
        given = request.POST.get("reason", "")
        try:
            if act == "accept":
                order = _my_offer(pk, by).order_id
                return self._took(request, claim_or_quarantine(order, by=by, at=at))
            if act == "decline":
                done = decline(pk, reason=given, by=by, at=at)
                text = _("Declined: the next dispenser is asked.")
            elif act == "stock" and given in Offer.Stock.values:
                done = answer_stock(pk, answer=given, by=by, at=at)
                text = _("The answer about stock was sent.")
            else:
                raise Http404
        except AlreadyHeldByYou as refused:
            return redirect("admin:routing_claim_change", refused.extra["claim_id"])
        except Refused as refused:
            messages.error(request, words.said(refused))
        else:
            messages.success(request, f"{done.order.prescription.number} · {text}")
        return redirect("admin:routing_claim_changelist")

    def transfer_view(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        by, at = self.here(request), timezone.now()
        try:
            if act == "accept":
                taken = or_quarantine(lambda: accept_transfer(pk, by=by, at=at), at=at)
                return self._took(request, taken)
            if act != "decline":
                raise Http404
            decline_transfer(pk, reason=request.POST.get("reason", ""), by=by, at=at)
        except TransferEnded as refused:
            mine = _taken_before(pk, by)
            if mine is not None:  # pressed twice
                return redirect("admin:routing_claim_change", mine.pk)
            messages.error(request, words.said(refused))
        except Refused as refused:
            messages.error(request, words.said(refused))
        else:
            messages.success(request, _("Declined: the other dispenser keeps it."))
        return redirect("admin:routing_claim_changelist")

    def _took(self, request: HttpRequest, made: Claimed | Refused) -> HttpResponse:
        if isinstance(made, Refused):
            messages.error(request, words.said(made))
            return redirect("admin:routing_claim_changelist")
        number = made.claim.order.prescription.number
        messages.success(request, _("%(number)s is yours now.") % {"number": number})
        return redirect("admin:routing_claim_change", made.claim.pk)


def _my_offer(pk: int, by: Actor) -> Offer:
    found = Offer.objects.filter(pk=pk, dispenser=by.institution).first()
    if found is None:
        raise Http404
    return found


def _taken_before(transfer: int, by: Actor) -> Claim | None:
    asked = Transfer.objects.filter(pk=transfer, to=by.institution, state=Transfer.State.ACCEPTED).first()
    if asked is None:
        return None
    mine = Claim.objects.filter(dispenser=by.institution, state=Claim.State.OPEN)
    return mine.filter(order__claims=asked.claim_id).first()
