"""The custody of one prescription as its placer reads it: every order with its lines, and whether it can be dispensed."""

from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from routing import supplying, tracking
from routing.models import CancelRequest, Claim, Dispense, Order
from routing.states import OPEN_CLAIM, OrderState
from rxcenter.errors import Words
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.states import State

# Why nothing can be handed over: of the prescription, then of its orders
REASONS = {
    "not_approved": Words("处方尚未审核通过", "it is not approved yet"),
    "not_routed": Words("尚未生成流转单", "its order is being made"),
    "on_hold": Words("处方已暂停", "it is suspended"),
    "ended": Words("处方已终止", "it has ended"),
    "scheduled": Words("未到可调配时间", "its time has not come"),
    "no_dispenser": Words("没有可调配的机构,请改选", "no eligible dispenser: choose anew"),
    "cancel_pending": Words("撤销申请待答复", "a cancel waits for the holder's answer"),
    "time_over": Words("已过有效期", "its time is over"),
    "dispensed": Words("已调配", "it was dispensed"),
    "not_supplied": Words("调配机构不予调配", "a dispenser would not supply it"),
    "cancelled": Words("已撤销", "it was cancelled"),
}
_OF_ORDER = {
    OrderState.SCHEDULED: "scheduled",
    OrderState.UNROUTABLE: "no_dispenser",
    OrderState.COMPLETED: "dispensed",
    OrderState.NOT_SUPPLIED: "not_supplied",
    OrderState.CANCELLED: "cancelled",
    OrderState.EXPIRED: "time_over",
}
_ENDED = {
    State.COMPLETED: "dispensed",
    State.CANCELLED: "cancelled",
    State.EXPIRED: "time_over",
    State.NOT_DISPENSED: "not_supplied",
}
_BEFORE = frozenset({State.RECEIVED, State.AUDITING, State.IN_REVIEW, State.WITH_PRESCRIBER})


def of(prescription: Prescription, *, at: datetime) -> dict[str, Any]:
    """`orders` and `dispensability`. No personal data. A fixed number of queries."""
    given = Dispense.objects.select_related("claim").order_by("recorded_at", "pk")
    rows = (
        Order.objects.filter(prescription=prescription.pk)
        .order_by("issue", "created_at")
        .prefetch_related("lines", "tracking", "claims", Prefetch("dispenses", given))
        .prefetch_related(Prefetch("cancel_requests", CancelRequest.objects.order_by("-asked_at")))
    )
    orders = list(rows)
    return {
        "dispensability": _said(_why_not(prescription, orders, at)),
        "orders": [_order(order, prescription, at) for order in orders],
    }


def _order(order: Order, prescription: Prescription, at: datetime) -> dict[str, Any]:
    held = [c.dispenser_id for c in order.claims.all() if c.state == Claim.State.OPEN]
    updates = list(order.tracking.all())
    found = tracking.seen(order, updates, at=at)
    asked = next(iter(order.cancel_requests.all()), None)
    return {
        "id": str(order.pk),
        "issue": order.issue,
        "parent": order.parent_id and str(order.parent_id),
        "state": order.state,
        "delivery": order.delivery,
        "opens_at": order.opens_at,
        "expires_at": order.expires_at,
        "holder": held[0] if held else None,
        "why_not": order.why_not,
        "lines": supplying.shown({row.line: row for row in order.lines.all()}),
        "tracking": {
            "status": found.status.value,
            "since": found.since,
            "reason": found.reason,
            "expected_at": found.expected_at,
        },
        "dispensability": _said(_of_prescription(prescription) or _of_order(order, at)),
        "cancel": _cancel(asked) if asked else None,
        "dispenses": [_dispense(row) for row in order.dispenses.all()],
    }


def _why_not(prescription: Prescription, orders: list[Order], at: datetime) -> list[str]:
    """Nothing where some order can be dispensed."""
    found = _of_prescription(prescription)
    if found or not orders:
        return found or ["not_routed"]
    each = [_of_order(order, at) for order in orders]
    return [] if not all(each) else list(dict.fromkeys(code for codes in each for code in codes))


def _of_prescription(prescription: Prescription) -> list[str]:
    state = State(prescription.state)
    if state == State.APPROVED:
        return []
    if state in _BEFORE:
        return ["not_approved"]
    return ["on_hold"] if state == State.ON_HOLD else [_ENDED.get(state, "ended")]


def _of_order(order: Order, at: datetime) -> list[str]:
    if order.cancel_requested:
        return ["cancel_pending"]
    state = OrderState(order.state)
    if state in _OF_ORDER:
        return [_OF_ORDER[state]]
    # Who has claimed it in time may finish it
    return ["time_over"] if state not in OPEN_CLAIM and order.expires_at <= at else []


def _said(codes: list[str]) -> dict[str, Any]:
    reasons = [{"code": c, "message": {"zh": REASONS[c].zh, "en": REASONS[c].en}} for c in codes]
    return {"value": not codes, "reasons": reasons}


def _cancel(asked: CancelRequest) -> dict[str, Any]:
    names = ("reason", "asked_at", "decide_by", "outcome", "decided_at", "refusal")
    return {name: getattr(asked, name) for name in names}


def _dispense(row: Dispense) -> dict[str, Any]:
    return {
        "dispense_id": str(row.pk),
        "dispenser": row.claim.dispenser_id,
        "pharmacist": row.pharmacist,
        "lines": row.lines,
        "handed_over_at": row.handed_over_at,
        "replaces": row.replaces_id and str(row.replaces_id),
        "withdrawn_at": row.withdrawn_at,
        "withdrawn_reason": row.withdrawn_reason,
    }
