"""The feed's confirmations: what an institution has not confirmed comes back."""

from datetime import datetime

from django.db import connection

from rxcenter.errors import Invalid, Words
from rxcenter.ledger.models import StreamHead
from rxcenter.notify.models import FeedPosition


def position(institution: str) -> int:
    """The last seq confirmed; 0 when nothing was."""
    found = FeedPosition.objects.filter(pk=institution).values_list("acked", flat=True).first()
    return found or 0


def acknowledge(institution: str, after: int, *, at: datetime) -> int:
    """Confirm everything up to `after`; returns where the confirmations stand. They never move back, so a late retry
    undoes nothing. Raises Invalid for a number the stream has not reached."""
    head = StreamHead.objects.filter(stream=institution).values_list("seq", flat=True).first() or 0
    if after > head:
        problem = {"path": "$.after", "found": str(after), "allowed": f"0 … {head}"}
        raise Invalid(Words("尚无此事件", "there is no such event yet"), problems=[problem])
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO notify_feedposition AS p (institution_id, acked, at) VALUES (%s, %s, %s)
            ON CONFLICT (institution_id) DO UPDATE SET
                acked = greatest(p.acked, excluded.acked),
                at = CASE WHEN excluded.acked > p.acked THEN excluded.at ELSE p.at END
            RETURNING acked""",
            [institution, after, at],
        )
        [acked] = cursor.fetchone()
    return int(acked)
