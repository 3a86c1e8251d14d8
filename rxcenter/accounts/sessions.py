"""Staff sessions end after a time without use (RXCENTER_IDLE_SECONDS, 15 minutes by default)."""

from collections.abc import Callable
from time import time

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

SEEN = "seen_at"


class IdleTimeout:
    """Logs an idle session out; writes the session at most once a minute."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = time()
            seen = request.session.get(SEEN, now)
            if now - seen > settings.SESSION_IDLE_SECONDS:
                logout(request)
            elif now - seen > 60 or SEEN not in request.session:
                request.session[SEEN] = now
        response = self.get_response(request)
        if request.path.startswith(("/admin", "/reg")) and "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response
