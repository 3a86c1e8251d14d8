"""The three pages: alive, fit for work, how much is waiting."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from rxcenter.health import readiness
from rxcenter.health.measures import exposition

LOOPBACK = {"127.0.0.1", "::1"}


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while this process answers at all; touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 with `ok` or `degraded`, 503 with `failed`: {"status", "checks": {name: {"status", "found"}}}."""
    checks = readiness.all_checks(timezone.now())
    answers = {check.answer for check in checks}
    status = next((word for word in ("failed", "degraded") if word in answers), "ok")
    body = {"status": status, "checks": {c.name: {"status": c.answer, "found": c.found} for c in checks}}
    return JsonResponse(body, status=503 if status == "failed" else 200)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for this machine only: a request that came through a proxy is refused too."""
    forwarded = any(name in request.META for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED"))
    if forwarded or request.META.get("REMOTE_ADDR") not in LOOPBACK:
        return HttpResponseForbidden("metrics are read from the machine itself\n", content_type="text/plain")
    return HttpResponse(exposition(timezone.now()), content_type="text/plain; version=0.0.4; charset=utf-8")
