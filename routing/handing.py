"""What a dispenser gets to read: the masked document, and the personal fields that dispensing needs, each reading logged."""

from datetime import datetime
from typing import Any
from uuid import UUID

from routing.holding import mine, token_again
from routing.models import Claim, Offer, Order
from rxcenter.accounts.roles import Actor
from rxcenter.patients.revealing import reveal
from rxcenter.prescriptions.models import Prescription

AT_PICKUP = ("name", "phone", "guardian")
WHILE_HELD = ("claim_token", "prescription")
AT_DELIVERY = (*AT_PICKUP, "address")


def claim_answer(claim: Claim, *, by: Actor, at: datetime, token: str | None = None) -> dict[str, Any]:
    """A claim as its holder sees it. Token and content only while it is open."""
    order = claim.order
    shown: dict[str, Any] = {
        "claim_id": str(claim.pk),
        "state": claim.state,
        "claimed_at": claim.claimed_at.isoformat(),
        "lease_until": claim.lease_until and claim.lease_until.isoformat(),
        "ended_at": claim.ended_at and claim.ended_at.isoformat(),
        "order": _order(order),
        "claim_token": None,
        "prescription": None,
    }
    if claim.state == Claim.State.OPEN:
        shown["claim_token"] = token or token_again(claim, by=by, at=at)
        shown["prescription"] = _content(order, by, at)
    return shown


def without_secrets(answer: dict[str, Any]) -> dict[str, Any]:
    """A claim's answer as it may be kept: what the end of the claim ends stands as null."""
    return {**answer, **dict.fromkeys(WHILE_HELD)}


def as_held(kept: dict[str, Any], *, by: Actor, at: datetime) -> dict[str, Any]:
    """The answer once more, just as it was, while the claim is open; after its end only what was kept."""
    claim = mine(UUID(kept["claim_id"]), by.institution)
    if claim.state != Claim.State.OPEN:
        return kept
    return {
        **kept,
        "claim_token": token_again(claim, by=by, at=at),
        "prescription": _content(claim.order, by, at),
    }


def offer_answer(offer: Offer) -> dict[str, Any]:
    """An offer as its dispenser sees it: what to supply, nothing about whom."""
    order = offer.order
    document = order.prescription.document
    return {
        "offer_id": offer.pk,
        "order": str(order.pk),
        "prescription_no": order.prescription.number,
        "placer": order.institution_id,
        "kind": order.prescription.kind,
        "delivery": order.delivery,
        "made_at": offer.made_at.isoformat(),
        "expires_at": order.expires_at.isoformat(),
        "items": [_item(item) for item in document["items"]],
        "herbal_doses": (document.get("herbal") or {}).get("doses"),
    }


def _order(order: Order) -> dict[str, Any]:
    lines = order.lines.order_by("line").values_list("line", "remaining", "unit")
    return {
        "id": str(order.pk),
        "state": order.state,
        "delivery": order.delivery,
        "expires_at": order.expires_at.isoformat(),
        "lines": [
            {"line": n, "remaining": None if left is None else f"{left.normalize():f}", "unit": unit or None}
            for n, left, unit in lines
        ],
    }


def _content(order: Order, by: Actor, at: datetime) -> dict[str, Any]:
    prescription = order.prescription
    personal = reveal(
        bytes(prescription.sealed),
        table="prescription",
        row=prescription.pk,
        institution=prescription.institution_id,
        by=by,
        purpose="dispensing",
        at=at,
        prescription=prescription.pk,
        fields=AT_DELIVERY if order.delivery == "delivery" else AT_PICKUP,
    )
    return {
        "id": str(prescription.pk),
        "number": prescription.number,
        "revision": prescription.revision,
        "placer": prescription.institution_id,
        "document": _without_identifiers(prescription),
        "patient": personal,
    }


def _without_identifiers(prescription: Prescription) -> dict[str, Any]:
    """The masked document without the blind indexes: they would link a patient's visits at one dispenser to another's."""
    document = dict(prescription.document)
    document["patient"] = {k: v for k, v in document["patient"].items() if k not in ("id", "other_ids")}
    return document


def _item(item: dict[str, Any]) -> dict[str, Any]:
    names = ("line", "drug", "form", "strength", "quantity")
    return {name: item[name] for name in names if item.get(name) is not None}
