"""Gives dead letters another round of attempts, when whoever refused them has mended it."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from rxcenter.accounts.roles import Actor
from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob
from rxcenter.notify.models import Delivery, Endpoint
from rxcenter.notify.waking import KIND


def replay(ids: Iterable[int], *, by: Actor, at: datetime) -> int:
    """Dead → pending now, with no attempts counted, under the same webhook-id; returns how many. Others stay."""
    with transaction.atomic():
        rows = Delivery.objects.select_for_update().filter(pk__in=list(ids), state=Delivery.State.DEAD)
        found = list(rows.order_by("pk"))
        for row in found:
            row.state, row.attempts, row.due_at = Delivery.State.PENDING, 0, at
            row.tries = [
                *row.tries,
                {"at": at.isoformat(), "status": None, "reason": "replayed", "by": str(by)},
            ]
        Delivery.objects.bulk_update(found, ["state", "attempts", "due_at", "tries"])
        endpoints = sorted({row.endpoint_id for row in found})
        Endpoint.objects.filter(pk__in=endpoints).update(next_try_at=None)  # a person says that it is mended
        queue.add(NewJob(KIND, endpoint) for endpoint in endpoints)
    return len(found)
