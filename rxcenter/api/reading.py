"""What a placer sees of its own prescription."""

from typing import Any
from uuid import UUID

from routing.models import Order
from rxcenter.accounts.keys import Client
from rxcenter.errors import NotFound
from rxcenter.prescriptions.models import Prescription
from rxcenter.review.models import AuditRun, Decision


def mine(client: Client, **where: Any) -> Prescription:
    """The client's own prescription; another institution's does not exist for it. Raises NotFound."""
    found = Prescription.objects.filter(institution=client.institution, **where).defer("sealed").first()
    if found is None:
        raise NotFound
    return found


def whole(prescription: Prescription) -> dict[str, Any]:
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
        "orders": _orders(prescription.pk),
    }


def _decisions(prescription: UUID) -> list[dict[str, Any]]:
    rows = Decision.objects.filter(prescription=prescription, final=True).order_by("pk")
    names = ("verdict", "code", "note", "monitoring", "reasons", "at")
    return [{name: getattr(d, name) for name in names} for d in rows]


def _orders(prescription: UUID) -> list[dict[str, Any]]:
    orders = (
        Order.objects.filter(prescription=prescription)
        .order_by("issue", "created_at")
        .prefetch_related("claims")
    )
    return [
        {
            "id": str(order.pk),
            "issue": order.issue,
            "state": order.state,
            "expires_at": order.expires_at,
            "holder": next((c.dispenser_id for c in order.claims.all() if c.state == "open"), None),
            "why_not": order.why_not,
        }
        for order in orders
    ]
