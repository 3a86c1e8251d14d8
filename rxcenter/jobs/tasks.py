"""Celery's door to the queue. A message carries no data: it only says that something may be due."""

from celery import shared_task
from django.db import close_old_connections
from django.utils import timezone

from rxcenter.jobs import working


@shared_task(name="jobs.drain")
def drain(kind: str) -> None:
    close_old_connections()
    working.drain(kind)


@shared_task(name="jobs.sweep")
def sweep() -> None:
    """Beat's nudge: finds what no ring announced, even when every relay is gone."""
    close_old_connections()
    working.sweep(timezone.now())
    for kind in working.HANDLERS:
        working.drain(kind, seconds=5)
