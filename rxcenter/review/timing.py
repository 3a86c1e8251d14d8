"""By when a pharmacist should decide. Time-outs escalate; none of them approves anything."""

from datetime import datetime, timedelta

from rxcenter.review.models import Severity

ACUTE, CHRONIC = timedelta(minutes=15), timedelta(hours=4)
WITH_PRESCRIBER_DAYS = 7  # then an unanswered return expires


def due(setting: str, severity: int | None, *, long_term: bool, since: datetime) -> datetime:
    """Emergency, internet and critical ones within 15 minutes; long-term ones without a critical finding in 4 hours."""
    urgent = setting in {"emergency", "internet"} or severity == Severity.CRITICAL
    return since + (CHRONIC if long_term and not urgent else ACUTE)
