"""The `stale` job: reminders to collect, and the supervisor's list. It never releases anything: goods may be packed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from routing.custody import in_lock_order, lock_order
from routing.models import Claim, Order
from routing.states import OrderState
from rxcenter.accounts.roles import SYSTEM
from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob, Work
from rxcenter.ledger.recording import record

REMINDERS = (timedelta(days=2), timedelta(days=5))  # after the goods stood ready
STALE_AFTER = {
    OrderState.PREPARING: timedelta(hours=24),
    OrderState.READY: timedelta(days=10),
    OrderState.IN_TRANSIT: timedelta(days=3),
    OrderState.PARTLY_SUPPLIED: timedelta(days=14),  # where no line says until when the rest is owed
}


def watch(order: Order) -> None:
    """Set the timer of a held order, in the transaction of its move."""
    due = _next(order)
    if due is not None:
        queue.add([NewJob("stale", order.pk, due_at=due)])


def work(jobs: Sequence[Work], at: datetime) -> None:
    """Remind, and list what nobody has moved for too long. Too early, moved or ended meanwhile: nothing happens."""
    for seen in in_lock_order(job.subject for job in jobs):
        _row, order = lock_order(seen.prescription_id, seen.pk)
        if order.state not in STALE_AFTER:
            continue
        if stale_at(order) <= at:
            _list(order, at)
            continue
        if any(_reminders_due(order, at)):
            Order.objects.filter(pk=order.pk).update(reminded_at=at)
            order.reminded_at = at
            _tell(order, "collect_reminder", at)
        watch(order)


def give_up(job: Work, at: datetime) -> None:
    """Failed five times: what could not be timed stands on the supervisor's list at once."""
    seen = Order.objects.only("prescription_id").get(pk=job.subject)
    _row, order = lock_order(seen.prescription_id, job.subject)
    if order.state in STALE_AFTER:
        _list(order, at)


def stale_at(order: Order) -> datetime:
    """When a held order goes to the supervisor's list."""
    if order.state == OrderState.PARTLY_SUPPLIED:
        owed = [line.owed_until for line in order.lines.all() if line.owed_until is not None]
        if owed:
            return min(owed)
    return order.state_since + STALE_AFTER[OrderState(order.state)]


def _list(order: Order, at: datetime) -> None:
    if order.stale:
        return
    Order.objects.filter(pk=order.pk).update(stale=True)
    _tell(order, "stale", at)


def _next(order: Order) -> datetime | None:
    if order.state not in STALE_AFTER:
        return None
    coming = [due for due in _reminders(order) if order.reminded_at is None or due > order.reminded_at]
    return min([*coming, stale_at(order)])


def _reminders(order: Order) -> list[datetime]:
    if order.state != OrderState.READY or order.ready_at is None or order.delivery == "delivery":
        return []
    return [order.ready_at + after for after in REMINDERS]


def _reminders_due(order: Order, at: datetime) -> list[datetime]:
    last = order.reminded_at
    return [due for due in _reminders(order) if due <= at and (last is None or due > last)]


def _tell(order: Order, name: str, at: datetime) -> None:
    held = Claim.objects.filter(order=order, state=Claim.State.OPEN).values_list("dispenser_id", flat=True)
    record(
        f"order.{name}",
        subject=order.prescription_id,
        streams=[order.institution_id, *held],
        actor=str(SYSTEM),
        at=at,
        body={"order": str(order.pk), "state": order.state, "since": order.state_since.isoformat()},
    )
