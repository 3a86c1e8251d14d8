"""The `route` job: an approved prescription becomes an order with its lines, its offer and its pickup code."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from uuid_utils.compat import uuid7

from routing import codes
from routing.choose import Choice, choose
from routing.custody import create_order
from routing.eligible import Need
from routing.models import Order, OrderLine
from routing.offering import ask, need_of, next_move
from routing.register import candidates, pool
from routing.validity import expires_at
from rxcenter.accounts.roles import SYSTEM
from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob, Work
from rxcenter.ledger.recording import record
from rxcenter.patients.revealing import reveal
from rxcenter.patients.sealing import seal
from rxcenter.prescriptions.lifecycle import Step, lock, move
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.states import State

CODE_TABLE = "order"


def work(jobs: Sequence[Work], at: datetime) -> None:
    """Route each approved prescription once; a job that runs again, or comes too late, changes nothing."""
    by_subject = {job.subject: job for job in jobs}
    locked = lock(list(by_subject))
    routed = set(Order.objects.filter(prescription__in=by_subject).values_list("prescription_id", flat=True))
    wanted = [pk for pk, row in locked.items() if row.state == State.APPROVED and pk not in routed]
    rows = Prescription.objects.in_bulk(wanted)
    for job in (by_subject[pk] for pk in wanted):
        groups = (job.payload or {}).get("groups")
        order_for(rows[job.subject], None if groups is None else frozenset(groups), at=at)


def give_up(job: Work, at: datetime) -> None:
    """The job failed five times: the placer is told, the job waits in quarantine for the operator."""
    row = Prescription.objects.only("institution_id").get(pk=job.subject)
    record("order.not_routed", subject=row.pk, streams=[row.institution_id], actor=str(SYSTEM), at=at)


def order_for(prescription: Prescription, groups: frozenset[str] | None, *, at: datetime) -> Order | None:
    """Make the order of an approved prescription that the caller has locked; None when its time is already over."""
    end = expires_at(prescription.issued_at, long_term=prescription.document.get("long_term") is True)
    if end <= at:
        move(Step(prescription.pk, "expired", body={"expires_at": end.isoformat()}), by=SYSTEM, at=at)
        return None
    order = _draft(prescription, groups, end, at)
    choice = _choice(need_of(order, prescription), prescription)
    order.ranked, order.pool = list(choice.ranked), choice.pool
    order.why_not = {code: [str(r) for r in reasons] for code, reasons in choice.why_not.items()}
    first = next_move(order, prescription)
    create_order(order, _lines(order, prescription), first, by=SYSTEM, at=at)
    if first.move == "offered":
        ask(order, first.dispensers[0], at=at)
    queue.add([NewJob("expire", order.pk, due_at=end)])
    return order


def _draft(prescription: Prescription, groups: frozenset[str] | None, end: datetime, at: datetime) -> Order:
    routing = prescription.document.get("routing") or {}
    delivery = routing.get("delivery") or "pickup"
    row, code, place = uuid7(), codes.mint(), prescription.institution_id
    if groups is not None and prescription.kind == "herbal":
        groups |= {"herbal"}
    return Order(
        id=row,
        prescription=prescription,
        institution_id=place,
        delivery=delivery,
        region=_region(prescription, at) if delivery == "delivery" else "",
        groups=None if groups is None else sorted(groups),
        opens_at=at,
        expires_at=end,
        code_hash=codes.hashed(row, code),
        code_sealed=seal(
            {"code": code}, table=CODE_TABLE, row=row, institution=place, epoch=at.strftime("%Y-%m")
        ),
        created_at=at,
    )


def _choice(need: Need, prescription: Prescription) -> Choice:
    routing = prescription.document.get("routing")
    nominated = None if routing is None else tuple(routing.get("nominated") or ())
    named = candidates([need.own, *(nominated or ())])
    return choose(need, nominated, named, pool() if nominated is not None and need.consent else [])


def _region(prescription: Prescription, at: datetime) -> str:
    """The delivery region out of the sealed address: what decides who can deliver, and nothing finer."""
    personal = reveal(
        bytes(prescription.sealed),
        table="prescription",
        row=prescription.pk,
        institution=prescription.institution_id,
        by=SYSTEM,
        purpose="delivery area",
        at=at,
        fields=("address",),
    )
    address = personal.get("address")
    return str(address.get("region") or "") if isinstance(address, dict) else ""


def _lines(order: Order, prescription: Prescription) -> list[OrderLine]:
    return [
        OrderLine(
            order=order,
            prescription=prescription,
            line=item["line"],
            authorised=_quantity(item),
            remaining=_quantity(item),
            unit=((item.get("quantity") or {}).get("unit") or "")[:40],
        )
        for item in prescription.document["items"]
    ]


def _quantity(item: dict[str, Any]) -> Decimal | None:
    value = (item.get("quantity") or {}).get("value")
    return None if value is None else Decimal(str(value)).quantize(Decimal("0.0001"))
