"""How long a prescription may be dispensed, counted from its issue. Dated rows: a change of law is a new row."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.utils import timezone


class Validity(NamedTuple):
    """`days` × 24 h from issue, for prescriptions issued from `start` on."""

    long_term: bool
    days: int
    start: date
    source: str


ROWS = (
    # Valid on the day of issue; where the prescriber extends it, three days at most. The region takes the upper bound.
    Validity(False, 3, date(2007, 5, 1), "处方管理办法 第十八条"),
    # The long-term rules set no bound of their own for collecting the first supply; the region gives a week.
    Validity(True, 7, date(2021, 8, 10), "长期处方管理规范(试行);区域规定"),
)


def expires_at(issued_at: datetime, *, long_term: bool) -> datetime:
    """When dispensing must have begun. The row in force on the local day of issue counts."""
    day = timezone.localtime(issued_at).date()
    rows = [r for r in ROWS if r.start <= day and r.long_term == long_term]
    rows = rows or [r for r in ROWS if r.long_term == long_term][:1]
    return issued_at + timedelta(days=max(rows, key=lambda r: r.start).days)
