"""The pickup page: plain forms, no script, nothing personal in an address. Each door calls one verb."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from routing.models import Order
from routing.nominating import nominate
from routing.pickup import entering, reading
from routing.pickup.entering import COOKIE, STAYS, Visit, patient
from routing.pickup.giving_up import give_up
from rxcenter.errors import Refused

View = Callable[..., HttpResponse]


@never_cache
@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Prescription number and pickup code."""
    said = ""
    if request.method == "POST":
        number, code = request.POST.get("number", "")[:64], request.POST.get("code", "")[:40]
        try:
            visit = entering.enter(number, code, at=timezone.now())
        except Refused as refused:
            said = _words(refused)
        else:
            return _with_cookie(redirect("pickup:status"), visit)
    status = 200 if not said else 403
    context = {"said": said, "number": request.POST.get("number", "")[:64]}
    return render(request, "routing/pickup/enter.html", context, status=status)


def visited(view: View) -> View:
    """Only with a visit that is not over; everyone else starts at the beginning."""

    @wraps(view)
    @never_cache
    def guarded(request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        visit = entering.read(request.COOKIES.get(COOKIE))
        return redirect("pickup:enter") if visit is None else view(request, visit, *args, **more)

    return guarded


@require_GET
@visited
def status(request: HttpRequest, visit: Visit) -> HttpResponse:
    return _shown(request, visit)


@require_POST
@visited
def confirm(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The second factor."""
    try:
        known = entering.confirm(visit, request.POST.get("last_four", "")[:4], at=timezone.now())
    except Refused as refused:
        return _shown(request, visit, said=_words(refused), code=403)
    return _with_cookie(redirect("pickup:status"), known)


@require_http_methods(["GET", "POST"])
@visited
def choose(request: HttpRequest, visit: Visit, order: UUID) -> HttpResponse:
    """Choose or change the pharmacy, while nobody holds it."""
    if not visit.known or order not in visit.orders:
        return redirect("pickup:status")
    row = Order.objects.select_related("prescription").get(pk=order)
    said = ""
    if request.method == "POST":
        try:
            nominate(order, [request.POST.get("dispenser", "")[:32]], by=patient(row), at=timezone.now())
        except Refused as refused:
            said = _words(refused)
        else:
            return redirect("pickup:status")
    context = {"order": row, "places": reading.choices(row, at=timezone.now()), "said": said}
    return render(request, "routing/pickup/choose.html", context, status=409 if said else 200)


@require_http_methods(["GET", "POST"])
@visited
def cancel(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask once more, then cancel what nobody holds."""
    if not visit.known:
        return redirect("pickup:status")
    said = ""
    if request.method == "POST":
        try:
            give_up(Order.objects.get(pk=visit.orders[0]), at=timezone.now())
        except Refused as refused:
            said = _words(refused)
        else:
            return redirect("pickup:status")
    return render(request, "routing/pickup/cancel.html", {"said": said}, status=403 if said else 200)


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Done: the next one at this screen sees nothing."""
    answer = redirect("pickup:enter")
    answer.delete_cookie(COOKIE, path="/pickup/", samesite="Strict")
    return answer


def _shown(request: HttpRequest, visit: Visit, said: str = "", code: int = 200) -> HttpResponse:
    shown = reading.parts(visit, at=timezone.now())
    if not shown:
        return redirect("pickup:enter")
    number = shown[0].order.prescription.number
    pictures = [(part, _qr(number, part.code) if part.code else "") for part in shown]
    context = {
        "parts": pictures,
        "known": visit.known,
        "number": number,
        "said": said,
        "open": any(part.code for part in shown),
    }
    return render(request, "routing/pickup/status.html", context, status=code)


def _qr(number: str, code: str) -> SafeString:
    """What a dispenser's scanner reads: `RX1;number;code`."""
    drawn = segno.make(f"RX1;{number};{code}", error="m", micro=False)
    svg = drawn.svg_inline(
        omitsize=True, border=2, light="white", dark="black", svgclass="qr", lineclass=None
    )
    return mark_safe(svg)  # noqa: S308  a drawing: paths and nothing that was typed


def _words(refused: Refused) -> str:
    return refused.words.en if get_language() == "en" else refused.words.zh


def _with_cookie(answer: HttpResponse, visit: Visit) -> HttpResponse:
    answer.set_cookie(
        COOKIE,
        visit.sealed(),
        max_age=STAYS,
        path="/pickup/",
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Strict",
    )
    return answer
