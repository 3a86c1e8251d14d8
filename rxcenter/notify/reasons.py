"""What became of an attempt, in words for people. The codes are the API's."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: dict[str, Promise] = {
    "ok": _("delivered"),
    "replayed": _("another round of attempts"),
    "refused": _("nobody listens there"),
    "unreachable": _("no connection within three seconds"),
    "timeout": _("no answer in time"),
    "too_slow": _("the answer took too long"),
    "tls": _("the certificate does not fit the name"),
    "broken_answer": _("the answer was not HTTP"),
    "redirect": _("it wanted to send us elsewhere"),
    "no_address": _("the name has no address"),
    "malformed_url": _("the address is malformed"),
    "forbidden_address": _("not a public address, and in no approved network"),
    "forbidden_port": _("a port that is not allowed outside approved networks"),
    "https_needed": _("http, and in no network approved for it"),
    "internal": _("a failure on our side; see the jobs in quarantine"),
}


def in_words(code: str) -> str:
    """A sentence for a reason code; `http_503` says its status."""
    if code.startswith("http_"):
        return str(_("answered %(status)s")) % {"status": code.removeprefix("http_")}
    return str(WORDS.get(code, code))
