"""What follows an approval: the job that routes it. Committed with the approval, so nothing approved is forgotten."""

from uuid import UUID

from rxcenter.jobs.queue import NewJob
from rxcenter.review.models import AuditRun


def route_job(prescription: UUID, run: AuditRun | None) -> NewJob:
    """The `route` job of an approved prescription; it carries the drug groups, which decide who may dispense.

    Without a run (the engine could not judge) the group "unknown" keeps it in the institution's own pharmacy.
    """
    return NewJob("route", prescription, payload={"groups": run.drug_groups if run else ["unknown"]})
