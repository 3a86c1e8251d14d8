"""A NUL character has no place in what people send, and PostgreSQL takes none: such a request ends here with 400."""

from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, UnreadablePostError

NUL = "\x00"
SAID = "请求含有空字符 (NUL) / the request holds a NUL character"
CUT_SHORT = "请求不完整 / the request was cut short"


class PlainRequests:
    """Middleware over address, query, cookies and posted forms of every page.

    Machine clients' JSON does not pass here: rxcenter/api reads its documents itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            said = SAID if any(NUL in text for text in _texts(request)) else None
        except UnreadablePostError:
            said = CUT_SHORT
        if said is None:
            return self.get_response(request)
        return HttpResponseBadRequest(said, content_type="text/plain; charset=utf-8")


def _texts(request: HttpRequest) -> Iterator[str]:
    """Everything that was sent and may reach the database."""
    yield request.path_info
    yield from request.COOKIES.values()
    for form in (request.GET, request.POST):
        for name, values in form.lists():
            yield name
            yield from (value for value in values if isinstance(value, str))
