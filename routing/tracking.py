"""What the patient reads: derived from custody and from the dispenser's updates. It never moves custody (axis 3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from routing.models import Claim, Order, TrackingUpdate
from routing.reasons import NOT_SUPPLIED, RETURN
from routing.refusals import Duplicate
from routing.states import TERMINAL, OrderState
from rxcenter.accounts.roles import SYSTEM, Actor
from rxcenter.errors import Invalid, Words
from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob, Work
from rxcenter.ledger.recording import record, transaction
from rxcenter.prescriptions.lifecycle import lock

AHEAD = timedelta(hours=24)  # how far an update may be dated into the future
MOST = 100


class Status(models.TextChoices):
    WAITING = "waiting", _("waiting")
    OFFERED = "offered", _("asked for")
    WITH_PHARMACY = "with_pharmacy", _("with the pharmacy")
    DELAYED = "delayed", _("delayed")
    READY = "ready", _("ready to collect")
    READY_PARTIAL = "ready_partial", _("partly ready to collect")
    DISPATCHED = "dispatched", _("on its way")
    DISPATCHED_PARTIAL = "dispatched_partial", _("partly on its way")
    COLLECTED = "collected", _("collected")
    NOT_SUPPLIED = "not_supplied", _("not supplied")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")


S, ST = Status, OrderState
REPORTED = (S.WITH_PHARMACY, S.DELAYED, S.READY, S.READY_PARTIAL, S.DISPATCHED, S.DISPATCHED_PARTIAL, S.COLLECTED,
            S.NOT_SUPPLIED)  # fmt: skip
DERIVED = {
    ST.SCHEDULED: S.WAITING, ST.OPEN: S.WAITING, ST.UNROUTABLE: S.WAITING, ST.OFFERED: S.OFFERED,
    ST.CLAIMED: S.WITH_PHARMACY, ST.PREPARING: S.WITH_PHARMACY, ST.READY: S.READY, ST.IN_TRANSIT: S.DISPATCHED,
    ST.PARTLY_SUPPLIED: S.WITH_PHARMACY, ST.COMPLETED: S.COLLECTED, ST.NOT_SUPPLIED: S.NOT_SUPPLIED,
    ST.CANCELLED: S.CANCELLED, ST.EXPIRED: S.EXPIRED,
}  # fmt: skip
REASONS = {**RETURN, **NOT_SUPPLIED}


@dataclass(frozen=True, slots=True)
class Update:
    """One status as the holder reports it. `line` None = the whole order; `reason` is a code of REASONS."""

    claim: UUID
    update_id: str
    status: str
    occurred_at: datetime
    line: int | None = None
    reason: str = ""
    expected_at: datetime | None = None


class Seen(NamedTuple):
    """What the patient reads of an order or a line."""

    status: Status
    since: datetime
    reason: str = ""
    expected_at: datetime | None = None


def track(updates: Sequence[Update], *, by: Actor, at: datetime) -> list[TrackingUpdate]:
    """Store a batch, all or nothing.

    Raises Invalid (unknown claim, line, status, time too far ahead), Duplicate (an update id stored before, or twice in
    the batch; the others are told that they were not stored because of it).
    """
    with transaction():
        mine = Claim.objects.filter(pk__in=[u.claim for u in updates], dispenser=by.institution)
        claims = {c.pk: c for c in mine.select_related("order")}
        # In the lock order of all, prescriptions first: two batches of one order cannot pass each other, and a part
        # that moves twice in one transaction looks at its parent once more when it commits
        lock([c.order.prescription_id for c in claims.values()])
        orders = (
            Order.objects.select_for_update()
            .filter(pk__in={c.order_id for c in claims.values()})
            .order_by("prescription_id", "pk")
        )
        known = {o.pk: set(o.lines.values_list("line", flat=True)) for o in orders}
        problems = [p for i, u in enumerate(updates) if (p := _problem(i, u, claims, known, at))]
        if problems:
            raise Invalid(Words("更新内容有误", "an update does not fit"), problems=problems)
        rows = [_row(u, claims[u.claim].order_id, at) for u in updates]
        _once(rows)
        TrackingUpdate.objects.bulk_create(rows)
        for row in rows:
            if row.occurred_at > at:
                queue.add([NewJob("mature_tracking", row.order_id, due_at=row.occurred_at)])
        for order in {row.order_id for row in rows if row.occurred_at <= at}:
            _tell(order, by, at)
        return rows


def mature(jobs: Sequence[Work], at: datetime) -> None:
    """A status dated ahead has come true: it is told, unless something newer is true by now."""
    for job in jobs:
        later = (
            TrackingUpdate.objects.filter(order=job.subject, occurred_at__gt=at)
            .order_by("occurred_at")
            .first()
        )
        if later:
            queue.add([NewJob("mature_tracking", job.subject, due_at=later.occurred_at)])
        last = (
            TrackingUpdate.objects.filter(order=job.subject, occurred_at__lte=at)
            .order_by("-occurred_at")
            .first()
        )
        if last and last.received_at < last.occurred_at:
            _tell(job.subject, SYSTEM, at)


def give_up(job: Work, at: datetime) -> None:
    """Failed five times: the status is shown by its time all the same; only the event is missing."""


def seen(order: Order, updates: Iterable[TrackingUpdate], *, at: datetime, line: int | None = None) -> Seen:
    """The status of an order, or of one of its lines: the latest that has occurred; the end of custody is final."""
    state = OrderState(order.state)
    derived = Seen(DERIVED[state], order.state_since)
    if state in TERMINAL:
        return derived
    told = [u for u in updates if u.occurred_at <= at and u.line in (None, line)]
    found = [Seen(Status(u.status), u.occurred_at, u.reason, u.expected_at) for u in told]
    return max([derived, *found], key=lambda s: s.since)


def _once(rows: Sequence[TrackingUpdate]) -> None:
    """Raises Duplicate naming each entry's fate."""
    stored = set(
        TrackingUpdate.objects.filter(
            order__in={r.order_id for r in rows}, update_id__in=[r.update_id for r in rows]
        ).values_list("order_id", "update_id")
    )
    fate, any_wrong = [], False
    for row in rows:
        key = (row.order_id, row.update_id)
        fate.append("duplicate" if key in stored else "not_committed")
        any_wrong |= key in stored
        stored.add(key)
    if any_wrong:
        words = Words(
            "有重复的更新,全部未保存", "an update was stored before; nothing of the batch is stored"
        )
        entries = [{"update_id": r.update_id, "result": f} for r, f in zip(rows, fate, strict=True)]
        raise Duplicate(words, entries=entries)


def _problem(
    i: int, update: Update, claims: dict[UUID, Claim], lines: dict[UUID, set[int]], at: datetime
) -> dict[str, object] | None:
    path, claim = f"$.updates[{i}]", claims.get(update.claim)
    if claim is None:
        return _said(f"{path}.claim", str(update.claim), "a claim of yours", "没有该接单", "no such claim")
    if update.line is not None and update.line not in lines[claim.order_id]:
        allowed = ", ".join(map(str, sorted(lines[claim.order_id])))
        return _said(f"{path}.line", str(update.line), allowed, "没有这一行", "no such line")
    if update.status not in REPORTED:
        return _said(f"{path}.status", update.status, ", ".join(REPORTED), "状态不在列表中", "no such status")
    if update.reason and update.reason not in REASONS:
        return _said(f"{path}.reason", update.reason, ", ".join(REASONS), "理由不在列表中", "no such reason")
    if update.occurred_at > at + AHEAD:
        allowed = f"<= {(at + AHEAD).isoformat()}"
        found = update.occurred_at.isoformat()
        return _said(f"{path}.occurred_at", found, allowed, "时间超前过多", "too far ahead")
    return None


def _said(path: str, found: str, allowed: str, zh: str, en: str) -> dict[str, object]:
    return {"path": path, "found": found[:100], "allowed": allowed, "message": {"zh": zh, "en": en}}


def _row(update: Update, order: UUID, at: datetime) -> TrackingUpdate:
    return TrackingUpdate(
        order_id=order,
        claim_id=update.claim,
        update_id=update.update_id,
        line=update.line,
        status=update.status,
        reason=update.reason,
        expected_at=update.expected_at,
        occurred_at=update.occurred_at,
        received_at=at,
    )


def _tell(pk: UUID, by: Actor, at: datetime) -> None:
    order = Order.objects.get(pk=pk)
    now = seen(order, order.tracking.all(), at=at)
    record(
        "order.tracked",
        subject=order.prescription_id,
        streams=[order.institution_id],
        actor=str(by),
        at=at,
        body={"order": str(pk), "status": now.status.value, "since": now.since.isoformat()},
    )
