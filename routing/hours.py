"""When a dispenser is open next. Pure: declared hours, closed days and a time in; a time out."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from rxcenter.errors import Invalid, Words

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AHEAD = 14  # days looked ahead; nobody waits longer for an answer
Hours = Mapping[str, Sequence[Sequence[str]]]


def opens_at(hours: Hours, closed: Collection[date], at: datetime) -> datetime | None:
    """`at` itself while it is open, else the next opening; None when hours are not declared or all days are closed.

    `hours` = {"mon": [["08:00", "12:00"], ...], ...} in the time zone of `at` (give it a local time).
    """
    for ahead in range(AHEAD + 1):
        day = at.date() + timedelta(days=ahead)
        if day in closed:
            continue
        for first, last in hours.get(DAYS[day.weekday()], ()):
            start, end = _on(day, first, at), _on(day, last, at)
            if end > at:
                return max(start, at)
    return None


def checked(hours: Any) -> dict[str, list[list[str]]]:
    """Declared hours in their shape: known days, times HH:MM, each span ending after it starts. Raises Invalid."""
    words = Words("营业时间格式不符", "opening hours do not fit their form")
    allowed = '{"mon": [["08:00", "12:00"]], …}, days mon to sun, 24:00 at the latest'
    if isinstance(hours, dict) and all(day in DAYS and _spans(spans) for day, spans in hours.items()):
        return {day: [list(span) for span in spans] for day, spans in hours.items()}
    problem = {"path": "hours", "found": str(hours)[:200], "allowed": allowed}
    raise Invalid(words, problems=[{**problem, "message": {"zh": words.zh, "en": words.en}}])


def _spans(spans: Any) -> bool:
    last = ""
    for span in spans if isinstance(spans, list) else [None]:
        if not (isinstance(span, list) and len(span) == 2 and all(_is_time(t) for t in span)):
            return False
        if not last <= span[0] < span[1]:
            return False
        last = span[1]
    return True


def _is_time(text: Any) -> bool:
    if not (isinstance(text, str) and len(text) == 5 and text[2] == ":"):
        return False
    hour, minute = text[:2], text[3:]
    if not (text.isascii() and hour.isdigit() and minute.isdigit()):
        return False
    return text == "24:00" or (int(hour) < 24 and int(minute) < 60)


def _on(day: date, text: str, at: datetime) -> datetime:
    if text == "24:00":
        return datetime.combine(day + timedelta(days=1), time(), at.tzinfo)
    return datetime.combine(day, time(int(text[:2]), int(text[3:])), at.tzinfo)
