"""What a dispenser gets to read: the masked document, and the personal fields that dispensing needs, each reading logged."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from routing import supplying
from routing.holding import mine, token_again
from routing.models import Claim, Offer, Order, Transfer
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
        shown["prescription"] = content(order, by, at)
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
        "prescription": content(claim.order, by, at),
    }


def offer_answer(offer: Offer) -> dict[str, Any]:
    """An offer as its dispenser sees it: what to supply, nothing about whom."""
    return {"offer_id": offer.pk, "made_at": offer.made_at.isoformat(), **_wanted(offer.order)}


def transfer_answer(transfer: Transfer, answer_by: datetime) -> dict[str, Any]:
    """An order that another dispenser wants to pass on to me: what to supply, nothing about whom."""
    return {
        "transfer_id": transfer.pk,
        "from": transfer.claim.dispenser_id,
        "reason": transfer.reason,
        "made_at": transfer.made_at.isoformat(),
        "answer_by": answer_by.isoformat(),
        **_wanted(transfer.claim.order),
    }


def _wanted(order: Order) -> dict[str, Any]:
    document = order.prescription.document
    return {
        "order": str(order.pk),
        "prescription_no": order.prescription.number,
        "placer": order.institution_id,
        "kind": order.prescription.kind,
        "delivery": order.delivery,
        "expires_at": order.expires_at.isoformat(),
        "items": items(order, document),
        "herbal_doses": (document.get("herbal") or {}).get("doses"),
    }


def _order(order: Order) -> dict[str, Any]:
    lines = {row.line: row for row in order.lines.all()}
    return {
        "id": str(order.pk),
        "state": order.state,
        "delivery": order.delivery,
        "expires_at": order.expires_at.isoformat(),
        "lines": supplying.shown(lines),
    }


def content(order: Order, by: Actor, at: datetime) -> dict[str, Any]:
    """Document and personal fields for its holder; the reading is logged. The caller has checked the claim."""
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


def items(order: Order, document: dict[str, Any]) -> list[dict[str, Any]]:
    """The order's own lines with what is left of them: a part does not ask for all that was prescribed."""
    rows = {row.line: row for row in order.lines.all()}
    return [_item(item, rows[item["line"]].remaining) for item in document["items"] if item["line"] in rows]


def _item(item: dict[str, Any], left: Decimal | None) -> dict[str, Any]:
    names = ("line", "drug", "form", "strength", "quantity")
    shown = {name: item[name] for name in names if item.get(name) is not None}
    if left is not None and "quantity" in shown:
        shown["quantity"] = {**shown["quantity"], "value": int(left) if left == int(left) else float(left)}
    return shown
