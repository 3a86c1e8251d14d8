"""The `route` job: an approved prescription becomes an order with its lines, its offer and its pickup code."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from uuid_utils.compat import uuid7

from routing import codes
from routing.choose import choose
from routing.custody import Draft, Taken, create_orders
from routing.digesting import digest_of
from routing.eligible import Candidate
from routing.models import Offer, Order, OrderLine
from routing.offering import need_of
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
    rows = list(Prescription.objects.filter(pk__in=wanted).order_by("pk"))
    register = _Register(rows)
    drafts = [d for row in rows if (d := _draft(row, by_subject[row.pk].payload or {}, register, at))]
    create_orders(drafts, by=SYSTEM, at=at)
    Offer.objects.bulk_create(
        Offer(order=d.order, dispenser_id=d.first.dispensers[0], rank=1, made_at=at)
        for d in drafts
        if d.first.move == "offered"
    )
    queue.add([NewJob("expire", d.order.pk, due_at=d.order.expires_at) for d in drafts])


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
    def pool(self) -> list[Candidate]:
        return pool()


def _draft(
    prescription: Prescription, payload: Mapping[str, Any], register: _Register, at: datetime
) -> Draft | None:
    """The order of an approved prescription that is locked; None when its time is already over (it then expires)."""
    end = expires_at(prescription.issued_at, long_term=prescription.document.get("long_term") is True)
    if end <= at:
        move(Step(prescription.pk, "expired", body={"expires_at": end.isoformat()}), by=SYSTEM, at=at)
        return None
    order = _new(prescription, payload.get("groups"), end, at)
    need, nominated = need_of(order, prescription), _nominated(prescription)
    asks_pool = nominated is not None and need.consent
    choice = choose(need, nominated, register.named, register.pool if asks_pool else [])
    order.ranked, order.pool = list(choice.ranked), choice.pool
    order.why_not = {code: [str(r) for r in reasons] for code, reasons in choice.why_not.items()}
    return Draft(order, _lines(order, prescription), _first(order))


def _first(order: Order) -> Taken:
    told = {"why_not": order.why_not} if order.why_not else {}
    if order.ranked:
        return Taken("offered", body={"dispenser": order.ranked[0], **told}, dispensers=order.ranked[:1])
    return Taken("opened" if order.pool else "unroutable", body=told)


def _nominated(prescription: Prescription) -> tuple[str, ...] | None:
    routing = prescription.document.get("routing")
    return None if routing is None else tuple(routing.get("nominated") or ())


def _new(prescription: Prescription, groups: list[str] | None, end: datetime, at: datetime) -> Order:
    routing = prescription.document.get("routing") or {}
    delivery = routing.get("delivery") or "pickup"
    row, code, place = uuid7(), codes.mint(), prescription.institution_id
    if groups is not None and prescription.kind == "herbal":
        groups = [*groups, "herbal"]
    sealed = seal({"code": code}, table=CODE_TABLE, row=row, institution=place, epoch=at.strftime("%Y-%m"))
    return Order(
        id=row,
        prescription=prescription,
        institution_id=place,
        delivery=delivery,
        region=_region(prescription, at) if delivery == "delivery" else "",
        groups=None if groups is None else sorted(set(groups)),
        opens_at=at,
        expires_at=end,
        code_hash=codes.hashed(row, code),
        code_sealed=sealed,
        digest=digest_of(prescription),
        created_at=at,
    )


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
