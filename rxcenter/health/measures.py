"""Figures for Prometheus, counted in the database when asked: every instance tells the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Q

from routing.checking import orphans
from rxcenter.health.readiness import oldest_due_seconds
from rxcenter.jobs.models import Job
from rxcenter.notify.models import Delivery, Endpoint
from rxcenter.prescriptions.models import Prescription

Sample = tuple[dict[str, str], float]


def family(name: str, help_text: str, samples: Iterable[Sample]) -> str:
    """One gauge in the text format. Label values are our own codes and need no escaping."""
    lines = [f"# HELP {name} {help_text}", f"# TYPE {name} gauge"]
    for labels, value in samples:
        inside = ",".join(f'{label}="{word}"' for label, word in labels.items())
        lines.append(f"{name}{{{inside}}} {value:g}" if inside else f"{name} {value:g}")
    return "\n".join(lines) + "\n"


def jobs_by_state() -> list[Sample]:
    """Jobs by kind and state, less those done: their number only grows and says nothing of the moment."""
    rows = Job.objects.exclude(state=Job.State.DONE).values("kind", "state").annotate(n=Count("pk"))
    return [
        ({"kind": row["kind"], "state": row["state"]}, row["n"]) for row in rows.order_by("kind", "state")
    ]


def prescriptions_by_state() -> list[Sample]:
    """Prescriptions by state."""
    rows = Prescription.objects.values("state").annotate(n=Count("pk")).order_by("state")
    return [({"state": row["state"]}, row["n"]) for row in rows]


def webhooks_by_condition() -> list[Sample]:
    """Webhooks that are well, out of reach, and switched off."""
    well = Count("pk", filter=Q(active=True, down_since=None))
    down = Count("pk", filter=Q(active=True, down_since__isnull=False))
    found = Endpoint.objects.aggregate(ok=well, down=down, paused=Count("pk", filter=Q(active=False)))
    return [({"condition": word}, found[word]) for word in ("ok", "down", "paused")]


def deliveries_by_state() -> list[Sample]:
    """Webhook deliveries in trouble, by state; tests that failed are none."""
    rows = Delivery.objects.exclude(state=Delivery.State.DELIVERED).exclude(seq=None)
    counted = rows.values("state").annotate(n=Count("pk")).order_by("state")
    return [({"state": row["state"]}, row["n"]) for row in counted]


def custody_orphans() -> list[Sample]:
    """Prescriptions and orders that are nobody's: always 0, else `manage.py verify_custody` names them."""
    return [({}, len(orphans()))]


def exposition(now: datetime) -> str:
    """The whole page."""
    age = oldest_due_seconds(now) or 0.0
    return "".join(
        [
            family("rxcenter_jobs", "Jobs that are not done, by kind and state.", jobs_by_state()),
            family(
                "rxcenter_oldest_due_job_seconds", "Age of the job that has been due longest.", [({}, age)]
            ),
            family("rxcenter_prescriptions", "Prescriptions by state.", prescriptions_by_state()),
            family("rxcenter_custody_orphans", "Orders that nobody would look at again.", custody_orphans()),
            family("rxcenter_webhooks", "Webhooks by condition.", webhooks_by_condition()),
            family(
                "rxcenter_webhook_deliveries",
                "Webhook deliveries in trouble, by state.",
                deliveries_by_state(),
            ),
        ]
    )
