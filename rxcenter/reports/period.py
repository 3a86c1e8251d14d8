"""The days a report covers: whole local days, both ends included."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date

LONGEST = 366
YEARS = range(
    1950, 2150
)  # other dates are slips, and the edges of the calendar cannot be moved by a day or a zone
CHOICES = (1, 7, 30, 90)


@dataclass(frozen=True, slots=True)
class Period:
    first: date
    last: date

    @property
    def since(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.first, time.min))

    @property
    def until(self) -> datetime:
        """The first moment after the period."""
        return timezone.make_aware(datetime.combine(self.last + timedelta(days=1), time.min))

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def query(self) -> str:
        return f"from={self.first}&to={self.last}"


def of(request: HttpRequest, *, today: date) -> Period:
    """From ?from=…&to=… or ?days=…; anything unreadable gives the last 7 days, nothing is longer than a year."""
    first, last = _date(request, "from"), _date(request, "to")
    if first and last and first <= last:
        return Period(max(first, last - timedelta(days=LONGEST - 1)), last)
    text = request.GET.get("days", "")
    readable = text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= LONGEST
    return Period(today - timedelta(days=(int(text) if readable else 7) - 1), today)


def _date(request: HttpRequest, name: str) -> date | None:
    try:
        found = parse_date(request.GET.get(name, ""))
    except ValueError:
        return None
    return found if found and found.year in YEARS else None
