"""/api/v1/ goes straight to its view: no session, cookie, message or CSRF machinery for machine clients."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.urls import ResolverMatch, resolve

from rxcenter.api.problems import from_exception, problem

PREFIX = "/api/v1/"


class ApiLane:
    """Middleware. Everything raised becomes a problem document here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        if "%00" in request.META.get(
            "QUERY_STRING", ""
        ):  # no column holds one; a NUL in the path finds no view
            return problem(400, "unreadable")
        try:
            match: ResolverMatch = resolve(request.path_info)
            request.resolver_match = match
            response: HttpResponse = match.func(request, *match.args, **match.kwargs)
            if isinstance(response, SimpleTemplateResponse):  # DRF's Response is one
                response = response.render()
        except Http404:
            response = from_exception(Http404())
        except Exception as error:  # noqa: BLE001 - a machine client always gets a problem document
            response = from_exception(error)
        response["X-Content-Type-Options"] = "nosniff"
        return response
