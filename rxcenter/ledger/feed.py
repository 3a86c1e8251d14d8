"""The pull feed: complete and in commit order, because a stream's head is locked until commit."""

import json
from typing import Any

from rxcenter.ledger.models import Event

MOST = 500


def events_after(stream: str, after: int, limit: int) -> list[dict[str, Any]]:
    """Events of a stream with seq > after, oldest first, at most `limit` (≤ 500)."""
    rows = Event.objects.filter(stream=stream, seq__gt=after).order_by("seq")[: min(max(limit, 1), MOST)]
    return [as_dict(row) for row in rows]


def as_dict(event: Event) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "type": event.type,
        "prescription": str(event.subject),
        "prescription_seq": event.subject_seq,
        "actor": event.actor,
        "at": event.at.isoformat(),
        "body": json.loads(event.body),
        "hash": bytes(event.hash).hex(),
    }
