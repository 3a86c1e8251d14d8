"""The placer, or the patient, chooses who is asked, before anyone has claimed it; and routes anew what nobody supplied."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from routing import issuing, refusals
from routing.choose import Ranked
from routing.custody import Draft, Taken, create_orders, lock_order, move_order
from routing.eligible import REASONS, Reason, Way, why_not
from routing.holding import already_dispensed
from routing.models import Claim, Offer, Order, OrderLine
from routing.offering import ask, close_offers, need_of, start_asking
from routing.register import candidates, contact
from routing.states import OPEN_CLAIM, OrderState
from routing.validity import Window
from rxcenter.accounts.roles import SYSTEM, Actor
from rxcenter.errors import NotFound, Words
from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob
from rxcenter.ledger.recording import transaction
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.states import State

CHOOSABLE = frozenset({OrderState.SCHEDULED, OrderState.OPEN, OrderState.OFFERED, OrderState.UNROUTABLE})
MOST = 20


def nominate(order: UUID, codes: Sequence[str], *, by: Actor, at: datetime) -> Order:
    """Ask these dispensers, in this order, from now on; returns the order as it now is.

    A `not_supplied` order is routed anew as a new one. Raises NotFound, Claimed (names the holder), AlreadyDispensed,
    PrescriptionExpired, OnHold, TargetUnreachable naming the first that may not; then nothing has changed.
    """
    with transaction():
        seen = Order.objects.filter(pk=order).only("prescription_id").first()
        if seen is None:
            raise NotFound
        prescription, row = lock_order(seen.prescription_id, order)
        _refuse(row, prescription, at)
        chosen = list(dict.fromkeys(codes))
        _reachable(row, prescription, chosen)
        if row.state == OrderState.NOT_SUPPLIED:
            row = _anew(row, prescription, at)
        ranking = [Ranked(c, _way(row, c)).shown(i) for i, c in enumerate(chosen, 1)]
        asked = close_offers(row, Offer.State.SUPERSEDED, at=at, reason="renominated")
        if row.state == OrderState.OFFERED:
            body = {"nominated": chosen, "by": by.role.value}
            move_order(row, Taken("renominated", body=body, dispensers=asked), by=by, at=at)
        Order.objects.filter(pk=row.pk).update(ranked=chosen, ranking=ranking, why_not={})
        row.ranked, row.ranking, row.why_not = chosen, ranking, {}
        if row.state != OrderState.SCHEDULED:
            _ask_first(row, prescription, at)
        return row


def _ask_first(order: Order, prescription: Prescription, at: datetime) -> None:
    """The first of the new choice, even when it was asked before: the patient's word is new."""
    code = order.ranked[0]
    if order.state not in CHOOSABLE:
        start_asking(order, prescription, at=at)
        return
    move_order(order, Taken("offered", body={"dispenser": code}, dispensers=[code]), by=SYSTEM, at=at)
    ask(order, code, at=at)


def _way(order: Order, code: str) -> Way:
    return Way.OWN if code == order.institution_id else Way.NOMINATED


def _reachable(order: Order, prescription: Prescription, codes: Sequence[str]) -> None:
    need, facts = need_of(order, prescription), candidates(codes)
    for i, code in enumerate(codes):
        reasons = why_not(facts[code], need, _way(order, code)) if code in facts else [Reason("unknown")]
        if reasons:
            words = REASONS[reasons[0].code]
            problem = {"path": f"$.nominated[{i}]", "found": code, "allowed": "a dispenser that may fill it"}
            raise refusals.TargetUnreachable(
                words,
                problems=[{**problem, "message": {"zh": words.zh, "en": words.en}}],
                target=code,
                reasons=[str(r) for r in reasons],
            )


def _refuse(order: Order, prescription: Prescription, at: datetime) -> None:
    if order.state in OPEN_CLAIM:
        held = Claim.objects.get(order=order, state=Claim.State.OPEN)
        holder = contact(held.dispenser_id)
        words = Words(f"已由{holder['name']}接单", f"held by {holder['name']}")
        raise refusals.Claimed(words, holder=holder, since=held.claimed_at.isoformat())
    if order.state == OrderState.COMPLETED:
        raise already_dispensed(order)
    if order.state == OrderState.EXPIRED or order.expires_at <= at:
        words = Words("处方已过有效期", "the prescription has expired")
        raise refusals.PrescriptionExpired(words, at=order.expires_at.isoformat())
    if order.state == OrderState.CANCELLED:
        words = Words("处方已撤销", "the prescription was cancelled")
        raise refusals.PrescriptionCancelled(words, at=order.state_since.isoformat())
    if prescription.state != State.APPROVED:
        words = Words("处方当前不能流转", f"the prescription is {prescription.state}")
        raise refusals.OnHold(words, since=prescription.state_since.isoformat())
    if order.state == OrderState.NOT_SUPPLIED and _routed_anew(order):
        raise refusals.OfferSuperseded(Words("已重新流转", "it was routed anew already"))


def _routed_anew(order: Order) -> bool:
    """Whether what was not supplied went on already: a later order of the same lines. A part split off before is none."""
    later = Order.objects.filter(parent=order, created_at__gte=order.state_since)
    return later.filter(lines__line__in=order.lines.values("line")).exists()


def _anew(old: Order, prescription: Prescription, at: datetime) -> Order:
    """What was not supplied, as a new order with a new code; what is authorised moves over."""
    issue = issuing.Issue(old.issue, 1, Window(at, old.expires_at))
    made = issuing.new_order(prescription, issue, old.groups, at)
    made.parent, made.pool = old, False
    moved = [
        OrderLine(
            order=made,
            prescription=prescription,
            issue=row.issue,
            line=row.line,
            authorised=row.remaining,
            remaining=row.remaining,
            unit=row.unit,
        )
        for row in old.lines.select_for_update().order_by("line")
    ]
    old.lines.filter(authorised__isnull=False).update(authorised=0, remaining=0)
    create_orders([Draft(made, moved, Taken("opened", body={"anew": str(old.pk)}))], by=SYSTEM, at=at)
    queue.add([NewJob("expire", made.pk, due_at=made.expires_at)])
    return made
