"""The `route` job: an approved prescription becomes orders with their lines, pickup codes and first offers."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from routing import issuing, weighing
from routing.choose import choose
from routing.custody import Draft, Taken, create_orders
from routing.eligible import Candidate
from routing.models import Offer, Order
from routing.offering import first_offer, need_of
from routing.register import candidates, pool
from rxcenter.accounts.roles import SYSTEM
from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob, Work
from rxcenter.ledger.recording import record
from rxcenter.prescriptions.lifecycle import Step, lock, move
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.states import State

LOOK_AGAIN = timedelta(hours=1)  # at a suspended prescription that has no order yet


def work(jobs: Sequence[Work], at: datetime) -> None:
    """Route each approved prescription once; a job that runs again, or comes too late, changes nothing."""
    by_subject = {job.subject: job for job in jobs}
    locked = lock(list(by_subject))
    routed = set(Order.objects.filter(prescription__in=by_subject).values_list("prescription_id", flat=True))
    wanted = [pk for pk, row in locked.items() if row.state == State.APPROVED and pk not in routed]
    _wait(
        [by_subject[pk] for pk, row in locked.items() if row.state == State.ON_HOLD and pk not in routed], at
    )
    rows = list(Prescription.objects.filter(pk__in=wanted).order_by("pk"))
    register = _Register(rows)
    drafts = [d for row in rows for d in _drafts(row, by_subject[row.pk].payload or {}, register, at)]
    create_orders(drafts, by=SYSTEM, at=at)
    asked = [d.order for d in drafts if d.first and d.first.move == "offered"]
    offers = [first_offer(order, at=at) for order in asked]
    Offer.objects.bulk_create(offers)
    queue.add([NewJob("offer_timeout", o.order_id, due_at=o.due_at) for o in offers if o.due_at])
    queue.add([NewJob("open_window", d.order.pk, due_at=d.order.opens_at) for d in drafts if d.first is None])
    queue.add([NewJob("expire", d.order.pk, due_at=d.order.expires_at) for d in drafts])


def _wait(suspended: Sequence[Work], at: datetime) -> None:
    """Suspended before it was routed: the job with its drug groups stays, and is due at once when it is resumed."""
    queue.add([NewJob("route", job.subject, at + LOOK_AGAIN, job.payload) for job in suspended])


def give_up(job: Work, at: datetime) -> None:
    """The job failed five times: the placer is told, the job waits in quarantine for the operator.

    Where an order exists, or the prescription ended meanwhile, there is nothing to tell.
    """
    row = lock([job.subject])[job.subject]
    if row.state != State.APPROVED or Order.objects.filter(prescription=row).exists():
        return
    record("order.not_routed", subject=row.pk, streams=[row.institution_id], actor=str(SYSTEM), at=at)


class _Register:
    """The dispensers that a batch of prescriptions names, read once; the pool only when somebody consents to it."""

    def __init__(self, rows: Sequence[Prescription]) -> None:
        named = [code for row in rows for code in (row.institution_id, *(_nominated(row) or ()))]
        self.named = candidates(named)

    @cached_property
    def holidays(self) -> set[date]:
        return weighing.holidays()

    @cached_property
    def pool(self) -> list[Candidate]:
        return pool()


def _drafts(
    prescription: Prescription, payload: Mapping[str, Any], register: _Register, at: datetime
) -> list[Draft]:
    """The orders of an approved prescription that is locked; none when its time is already over (it then expires)."""
    supplies = issuing.issues(prescription, register.holidays, at)
    if not supplies:
        move(Step(prescription.pk, "expired", body={"why": "too_late_to_route"}), by=SYSTEM, at=at)
    made = []
    for issue in supplies:
        order = issuing.new_order(prescription, issue, payload.get("groups"), at)
        rank(order, prescription, register, at)
        if rows := issuing.lines(order, prescription, issue):
            made.append(Draft(order, rows, _first(order, at)))
    return made


def rank(order: Order, prescription: Prescription, register: _Register, at: datetime) -> None:
    """Write down who is asked in which order, and why the others are not."""
    need, nominated = need_of(order, prescription), _nominated(prescription)
    pooled = register.pool if nominated is not None and need.consent else []
    standings = {}
    if pooled and need.delivery:
        codes = [c.code for c in pooled]
        standings = weighing.standings(codes, prescription.document, order.institution_id, at=at)
    choice = choose(need, nominated, register.named, pooled, standings)
    order.ranked, order.pool = list(choice.ranked), choice.pool
    order.ranking = [ranked.shown(i) for i, ranked in enumerate(choice.ranking, 1)]
    order.why_not = {code: [str(r) for r in reasons] for code, reasons in choice.why_not.items()}


def _first(order: Order, at: datetime) -> Taken | None:
    """None: its window is not open yet."""
    if order.opens_at > at:
        return None
    told = {"why_not": order.why_not} if order.why_not else {}
    if order.ranked:
        return Taken("offered", body={"dispenser": order.ranked[0], **told}, dispensers=order.ranked[:1])
    return Taken("opened" if order.pool else "unroutable", body=told)


def _nominated(prescription: Prescription) -> tuple[str, ...] | None:
    routing = prescription.document.get("routing")
    return None if routing is None else tuple(routing.get("nominated") or ())
