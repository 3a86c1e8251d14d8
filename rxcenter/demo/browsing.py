"""A browser without a window: cookies, redirects, and forms filled in as the page offers them."""

import http.cookiejar
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

SECONDS = 60


@dataclass(slots=True)
class Form:
    """One form of a page: where it goes, its fields with their present values, its choices and its buttons."""

    action: str
    id: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)  # radio buttons and selections by name
    buttons: dict[str, list[str]] = field(default_factory=dict)  # submit buttons by name


@dataclass(slots=True)
class Page:
    """What came back: final address, status, text, forms."""

    url: str
    status: int
    text: str
    forms: list[Form]

    def form(self, ending: str, holding: str = "") -> Form | None:
        """The form whose address ends so, and which has the field `holding` with a choice, if named."""
        for form in self.forms:
            if form.action.endswith(ending) and (not holding or holding in form.choices):
                return form
        return None


class Browser:
    """One person's session."""

    def __init__(self, url: str) -> None:
        self._url = url
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)

    def get(self, path: str) -> Page:
        """Open a page."""
        return self._open(urllib.request.Request(urljoin(self._url, path)))  # noqa: S310 - our own address

    def send(self, page: Page, form: Form, **filled: str) -> Page:
        """Send a form of a page, its hidden fields included."""
        target = urljoin(page.url, form.action or page.url)
        body = urlencode({**form.fields, **filled}).encode()
        return self._open(urllib.request.Request(target, body, {"Referer": page.url}))  # noqa: S310

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=SECONDS) as response:
                url, status, text = response.url, response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            url, status, text = error.url, error.code, error.read().decode("utf-8", "replace")
        reader = _Reader()
        reader.feed(text)
        return Page(url, status, text, reader.forms)


class _Reader(HTMLParser):
    """Collects forms; a field outside its form names it by `form="id"`."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(given.get("action", ""), given.get("id", ""))
            self.forms.append(self._open)
            return
        form = self._of(given)
        if form is None:
            return
        if tag == "option" and self._select and given.get("value"):
            form.choices.setdefault(self._select, []).append(given["value"])
        elif tag in ("input", "button", "select", "textarea") and (name := given.get("name")):
            self._field(form, tag, name, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = None

    def _of(self, given: dict[str, str]) -> Form | None:
        if named := given.get("form"):
            return next((f for f in self.forms if f.id == named), None)
        return self._open

    def _field(self, form: Form, tag: str, name: str, given: dict[str, str]) -> None:
        kind, value = given.get("type", ""), given.get("value", "")
        if tag == "button" or kind == "submit":
            form.buttons.setdefault(name, []).append(value)
        elif tag == "select":
            self._select = name
            form.choices.setdefault(name, [])
        elif kind == "radio":
            form.choices.setdefault(name, []).append(value)
        elif kind != "checkbox":
            form.fields[name] = value
