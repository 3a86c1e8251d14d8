"""What a placer sees of its own prescription."""

from datetime import datetime
from typing import Any
from uuid import UUID

from rxcenter.accounts.keys import Client
from rxcenter.api import custody
from rxcenter.errors import NotFound
from rxcenter.prescriptions.models import Prescription
from rxcenter.review.models import AuditRun, Decision


def mine(client: Client, **where: Any) -> Prescription:
    """The client's own prescription; another institution's does not exist for it. Raises NotFound."""
    found = Prescription.objects.filter(institution=client.institution, **where).defer("sealed").first()
    if found is None:
        raise NotFound
    return found


def whole(prescription: Prescription, *, at: datetime) -> dict[str, Any]:
    """State, latest audit, decisions and custody of one prescription. No personal data."""
    run = AuditRun.objects.filter(prescription=prescription).order_by("-pk").first()
    return {
        "id": str(prescription.pk),
        "number": prescription.number,
        "revision": prescription.revision,
        "current": prescription.current,
        "state": prescription.state,
        "state_since": prescription.state_since,
        "issued_at": prescription.issued_at,
        "received_at": prescription.received_at,
        "fingerprint": prescription.fingerprint,
        "audit": run.report if run else None,
        "decisions": _decisions(prescription.pk),
        **custody.of(prescription, at=at),
    }


def _decisions(prescription: UUID) -> list[dict[str, Any]]:
    rows = Decision.objects.filter(prescription=prescription, final=True).order_by("pk")
    names = ("verdict", "code", "note", "monitoring", "reasons", "at")
    return [{name: getattr(d, name) for name in names} for d in rows]
