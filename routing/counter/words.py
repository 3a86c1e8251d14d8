"""Refusals as sentences for the person at the counter: what, who has it, how to reach them, since or until when."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from routing.admin_releasing import in_language
from routing.eligible import REASONS
from rxcenter.errors import Refused, Words

Choices = list[tuple[str, str]]

# What the machine's words say with the names of calls
OURS = {
    "second-review-needed": gettext_lazy("Your own pharmacist must agree first: use “Second review”."),
    "request-in-progress": gettext_lazy("This was sent a moment ago and is still being worked on."),
    "idempotency-key-reused": gettext_lazy(
        "This form was sent before with other content: open the page anew."
    ),
    "wrong-code": gettext_lazy("Number and pickup code do not fit together. Check both and try again."),
}
TIMES = {
    "since": gettext_lazy("since %(at)s"),
    "until": gettext_lazy("until %(at)s"),
    "valid_from": gettext_lazy("from %(at)s"),
    "decide_by": gettext_lazy("answer until %(at)s"),
    "handed_over_at": gettext_lazy("handed over %(at)s"),
    "at": gettext_lazy("since %(at)s"),
}


def said(refused: Refused) -> str:
    """One line in the reader's language."""
    parts = [str(OURS.get(refused.slug) or in_language(refused.words))]
    holder = refused.extra.get("holder")
    if holder:
        parts.append(" ".join(filter(None, (holder["name"], holder["phone"], holder["address"]))))
    parts += [reason(code) for code in refused.extra.get("reasons") or ()]
    parts += [
        str(text) % {"at": moment(value)}
        for name, text in TIMES.items()
        if (value := refused.extra.get(name))
    ]
    if "remaining" in refused.extra:
        parts.append(_("left: %(left)s") % {"left": refused.extra["remaining"]})
    return " · ".join(parts)


def reason(code: str) -> str:
    """Why a dispenser is not eligible, in words; with the drug group where one is named."""
    name, _colon, group = code.partition(":")
    text = in_language(REASONS[name]) if name in REASONS else name
    return f"{text} ({group})" if group else text


def choices(table: dict[str, Words]) -> Choices:
    """A table of coded reasons for a form."""
    return [(code, in_language(words)) for code, words in table.items()]


def moment(text: str) -> str:
    """An ISO time in the region's time."""
    try:
        return timezone.localtime(datetime.fromisoformat(text)).strftime("%m-%d %H:%M")
    except ValueError:
        return text
