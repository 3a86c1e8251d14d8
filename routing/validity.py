"""How long a prescription may be dispensed. Dated rows: a change of law, or of the region's mind, is a new row."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.utils import timezone


class Validity(NamedTuple):
    """`days` × 24 h from issue, for prescriptions issued from `start` on. `setting` None = every other setting.

    `holidays` False: the region's public holidays are not counted.
    """

    setting: str | None
    long_term: bool
    days: int
    start: date
    source: str
    holidays: bool = True


ROWS = (
    # Valid on the day of issue; where the prescriber extends it, three days at most. The region takes the upper bound,
    # and since the law knows no exception for holidays, neither does the row.
    Validity(None, False, 3, date(2007, 5, 1), "处方管理办法 第十八条"),
    Validity("emergency", False, 3, date(2007, 5, 1), "处方管理办法 第十八条"),
    Validity("internet", False, 3, date(2018, 7, 17), "处方管理办法 第十八条;互联网诊疗管理办法(试行)"),
    # The long-term rules set no bound of their own for collecting the first supply; the region gives a week.
    Validity(None, True, 7, date(2021, 8, 10), "长期处方管理规范(试行);区域规定", holidays=False),
)


def expires_at(
    issued_at: datetime, *, long_term: bool, setting: str = "outpatient", holidays: Collection[date] = ()
) -> datetime:
    """When dispensing must have begun. The row in force on the local day of issue counts, the more exact one first."""
    day = timezone.localtime(issued_at).date()
    rows = [r for r in ROWS if r.long_term == long_term and r.setting in (setting, None)]
    rows = [r for r in rows if r.start <= day] or rows[:1]
    row = max(rows, key=lambda r: (r.setting is not None, r.start))
    end = issued_at + timedelta(days=row.days)
    return end if row.holidays else _later(issued_at, end, holidays)


def _later(issued_at: datetime, end: datetime, holidays: Collection[date]) -> datetime:
    """`end`, later by a day for each holiday that the days from issue to end meet."""
    day = timezone.localtime(issued_at).date()
    while day < timezone.localtime(end).date():
        day += timedelta(days=1)
        if day in holidays:
            end += timedelta(days=1)
    return end


class Window(NamedTuple):
    """When one issue of a repeat may be claimed."""

    opens_at: datetime
    expires_at: datetime


def window(start: date, end: date, holidays: Collection[date] = ()) -> Window:
    """From the beginning of `start` to the end of `end`, local days. A holiday takes nothing away from the patient.

    It opens on the last day before a holiday, and closes after the first day that follows one.
    """
    while start in holidays:
        start -= timedelta(days=1)
    while end in holidays:
        end += timedelta(days=1)
    zone = timezone.get_current_timezone()
    return Window(
        datetime.combine(start, time(), zone), datetime.combine(end + timedelta(days=1), time(), zone)
    )
