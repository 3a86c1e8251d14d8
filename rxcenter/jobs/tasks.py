"""Celery's door to the queue. A message carries no data: it only says that something may be due."""

import logging

from celery import shared_task
from django.db import close_old_connections
from django.utils import timezone

from rxcenter.jobs import working

log = logging.getLogger(__name__)


@shared_task(name="jobs.drain")
def drain(lane: str = working.LANE) -> None:
    close_old_connections()
    working.drain(lane=lane)


@shared_task(name="jobs.sweep")
def sweep() -> None:
    """Beat's nudge: finds what no ring announced, even when every relay is gone."""
    close_old_connections()
    working.wake()
    try:
        working.sweep(timezone.now())
    except Exception:
        log.exception("the sweep failed")
    working.drain(lane=working.LANE)
