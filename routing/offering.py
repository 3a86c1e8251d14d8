"""Who is asked next, after a decline, a return or a lapse. Nothing stays silently open."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from routing.custody import Taken, move_order, next_fence
from routing.eligible import Need, Reason, Way, why_not
from routing.models import CancelRequest, Claim, Offer, Order
from routing.register import candidates, pool
from routing.settling import settle
from routing.states import WAITING, OrderState
from routing.weighing import answer_due
from rxcenter.accounts.roles import SYSTEM, Actor
from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob
from rxcenter.prescriptions.models import Prescription

# Return reasons after which the same dispenser may be asked again when nobody else is left.
AGAIN = frozenset({"claimed_by_mistake", "patient_delayed", "lease_ran_out"})
OFFER_TIMEOUT = timedelta(minutes=10)  # of opening hours


def need_of(order: Order, prescription: Prescription) -> Need:
    """What this order asks of a dispenser, from the stored document and the order's approved drug groups."""
    routing = prescription.document.get("routing") or {}
    return Need(
        own=order.institution_id,
        groups=None if order.groups is None else frozenset(order.groups),
        setting=prescription.setting,
        delivery=order.delivery == "delivery",
        region=order.region or None,
        consent=routing.get("consent") is True,
        insurance=order.insurance,
    )


def way_of(order: Order, code: str) -> Way:
    """How a dispenser came into question for this order."""
    for row in order.ranking:
        if row["dispenser"] == code:
            return Way(row["way"])
    if code in order.ranked:
        return Way.OWN if code == order.institution_id else Way.NOMINATED
    return Way.POOL


def after_reopening(order: Order, prescription: Prescription, *, at: datetime) -> None:
    """An order fell back to open: end it where it is to be cancelled or its time is over, else ask the next dispenser.

    The caller holds the locks on prescription and order.
    """
    if order.cancel_requested:
        end_cancelled(order, prescription, by=SYSTEM, at=at)
        return
    if order.expires_at <= at:
        end_expired(order, prescription, at=at)
        return
    start_asking(order, prescription, at=at)


def start_asking(order: Order, prescription: Prescription, *, at: datetime) -> None:
    """Ask the next dispenser of an order that nobody has been asked for at this moment, open it, or say that nobody may."""
    taken = choose_next(order, prescription)
    if taken.move == "opened" and order.state == OrderState.OPEN:
        return  # the pool: it is open already
    move_order(order, taken, by=SYSTEM, at=at)
    if taken.move == "offered":
        ask(order, taken.dispensers[0], at=at)


def choose_next(order: Order, prescription: Prescription, without: Collection[str] = ()) -> Taken:
    """offered (to the first eligible one not yet asked), opened (to the pool) or unroutable.

    `without`: who does not make it an open order by taking part in the pool; it had its chance."""
    need, passed = need_of(order, prescription), dict(order.why_not)
    facts = candidates(order.ranked)
    for code in _still_to_ask(order):
        reasons = why_not(facts[code], need, way_of(order, code)) if code in facts else [Reason("unknown")]
        if not reasons:
            return Taken("offered", body={"dispenser": code, **_told(order)}, dispensers=[code])
        passed[code] = [str(r) for r in reasons]
    if order.pool and any(not why_not(c, need, Way.POOL) for c in pool() if c.code not in without):
        return Taken("opened", body=_told(order))
    return Taken("unroutable", body={"why_not": passed}, changes={"why_not": passed})


def ask(order: Order, code: str, *, at: datetime) -> Offer:
    """Write the offer of an order to one dispenser."""
    before = list(Offer.objects.filter(order=order).values_list("dispenser_id", flat=True))
    due_at = _answer_until(order, code, {*before, code}, at)
    if due_at:
        queue.add([NewJob("offer_timeout", order.pk, due_at=due_at)])
    return Offer.objects.create(
        order=order, dispenser_id=code, rank=len(before) + 1, made_at=at, due_at=due_at
    )


def first_offer(order: Order, *, at: datetime) -> Offer:
    """The first offer of a new order, not yet saved; the caller adds its job."""
    code = order.ranked[0]
    return Offer(
        order=order, dispenser_id=code, rank=1, made_at=at, due_at=_answer_until(order, code, {code}, at)
    )


def _answer_until(order: Order, code: str, asked: Collection[str], at: datetime) -> datetime | None:
    """When the next one is asked instead; None while there is no other: nothing is gained by giving up then."""
    others = order.pool or any(c not in asked for c in order.ranked)
    if not others or way_of(order, code) is Way.OWN:
        return None
    return min(answer_due(code, OFFER_TIMEOUT, at=at), order.expires_at)


def close_offers(order: Order, state: str, *, at: datetime, reason: str = "") -> list[str]:
    """End all pending offers of an order; returns the codes of the dispensers that had them."""
    pending = Offer.objects.filter(order=order, state=Offer.State.PENDING)
    codes = list(pending.values_list("dispenser_id", flat=True))
    pending.update(state=state, answered_at=at, reason=reason)
    return codes


def end_expired(order: Order, prescription: Prescription, *, at: datetime) -> None:
    """Unclaimed and out of time: order and prescription expire together."""
    asked = close_offers(order, Offer.State.TIMED_OUT, at=at, reason="expired")
    body = {"expires_at": order.expires_at.isoformat()}
    move_order(order, Taken("expired", body=body, dispensers=asked), by=SYSTEM, at=at)
    settle(prescription, at=at)


def end_cancelled(
    order: Order,
    prescription: Prescription,
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    body: Mapping[str, Any] | None = None,
    settling: bool = True,
) -> None:
    """The placer's cancel takes effect on one order; a request that waited for it is answered.

    The caller holds the locks, and has ended the claim where one was open; without `settling` it ends the
    prescription itself.
    """
    asked = close_offers(order, Offer.State.SUPERSEDED, at=at, reason="cancelled")
    waiting = CancelRequest.objects.filter(order=order, outcome=CancelRequest.Outcome.WAITING).first()
    last = Claim.objects.filter(order=order).order_by("-seq").values_list("dispenser_id", flat=True).first()
    told = [*asked, *([last] if last and order.cancel_requested else [])]
    why = reason or (waiting.reason if waiting else "other")
    step = "cancelled" if order.state in WAITING else "cancel_accepted"
    changes = {**next_fence(), "cancel_requested": False, "stale": False}
    move_order(order, Taken(step, why, body or {}, told, changes), by=by, at=at)
    if waiting:
        waiting.outcome, waiting.decided_at = CancelRequest.Outcome.CANCELLED, at
        waiting.decided_by = str(by)
        waiting.save(update_fields=["outcome", "decided_at", "decided_by"])
    if settling:
        settle(prescription, at=at, streams=told)


def _still_to_ask(order: Order) -> list[str]:
    """Ranked codes not yet asked; when none is left, those that gave it back, or let it pass, without refusing it."""
    asked = set(Offer.objects.filter(order=order).values_list("dispenser_id", flat=True))
    fresh = [code for code in order.ranked if code not in asked]
    if fresh:
        return fresh
    declined = set(
        Offer.objects.filter(order=order, state=Offer.State.DECLINED).values_list("dispenser_id", flat=True)
    )
    gave_back = dict(Claim.objects.filter(order=order).order_by("seq").values_list("dispenser_id", "reason"))
    slow = Offer.objects.filter(order=order, state=Offer.State.TIMED_OUT).values_list(
        "dispenser_id", flat=True
    )
    once = [code for code in order.ranked if list(slow).count(code) == 1]
    return [c for c in order.ranked if c not in declined and (gave_back.get(c, "") in AGAIN or c in once)]


def _told(order: Order) -> dict[str, Any]:
    return {"why_not": order.why_not} if order.why_not else {}
