"""Writes down what a run brought: the cursor, what is tried again and when, what is given up, how the receiver is."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from rxcenter.notify import schedule
from rxcenter.notify.messages import Message
from rxcenter.notify.models import Delivery, Endpoint
from rxcenter.notify.planning import Fresh, Plan
from rxcenter.notify.sending import Outcome

log = logging.getLogger(__name__)
State = Delivery.State
Done = Sequence[tuple[Message, Outcome]]


def settle(plan: Plan, done: Done, *, at: datetime) -> bool:
    """One transaction. False when another sender took the endpoint over or it is gone: nothing is written, and what
    was sent is sent again under the same webhook-id."""
    with transaction.atomic():
        endpoint = (
            Endpoint.objects.select_for_update()
            .filter(pk=plan.endpoint.pk, lease_token=plan.endpoint.lease_token)
            .first()
        )
        if endpoint is None:
            log.warning("the lease of a webhook was lost; its run is not recorded")
            return False
        outcomes = {message.seq: outcome for message, outcome in done if message.delivery is None}
        Delivery.objects.bulk_create(_rows(endpoint, _handled(plan.fresh, outcomes), outcomes, at))
        for message, outcome in done:
            if message.delivery is not None:
                _tried_again(message, outcome, at)
        _move(endpoint, plan, outcomes)
        _health(endpoint, done, at)
        endpoint.lease_until = endpoint.lease_token = None
        endpoint.save(
            update_fields=[
                "cursor", "failures", "down_since", "next_try_at", "last_error", "delivered_at", "active",
                "paused", "lease_until", "lease_token",
            ]
        )  # fmt: skip
    return True


def _handled(fresh: Sequence[Fresh], outcomes: dict[int | None, Outcome]) -> list[Fresh]:
    """The events up to the first that was neither tried, nor unwanted, nor behind a failed one."""
    handled: list[Fresh] = []
    failed: set[UUID] = set()
    for one in fresh:
        outcome = outcomes.get(one.message.seq)
        behind = one.behind or one.message.subject in failed
        if outcome is None and one.wanted and not behind:
            break
        if outcome is not None and not outcome.ok:
            failed.add(one.message.subject)
        handled.append(one)
    return handled


def _rows(
    endpoint: Endpoint, handled: Sequence[Fresh], outcomes: dict[int | None, Outcome], at: datetime
) -> Iterator[Delivery]:
    """A row for each event that failed, and for each that waits behind one."""
    for one in handled:
        outcome = outcomes.get(one.message.seq)
        if not one.wanted or (outcome is not None and outcome.ok):
            continue
        message = one.message
        row = Delivery(endpoint=endpoint, seq=message.seq, subject=message.subject, version=message.version,
                       type=message.type, at=message.at, state=State.WAITING)  # fmt: skip
        if outcome is not None:
            _failed(row, outcome, at)
        yield row


def _tried_again(message: Message, outcome: Outcome, at: datetime) -> None:
    assert message.delivery is not None
    row = Delivery.objects.select_for_update().get(pk=message.delivery)
    if not outcome.ok:
        _failed(row, outcome, at)
        row.save()
        return
    row.state, row.delivered_at, row.due_at = State.DELIVERED, at, None
    row.tries = [*row.tries, _said(outcome, at)]
    row.save()
    waiting = Delivery.objects.filter(endpoint=row.endpoint_id, subject=row.subject, state=State.WAITING)
    following = waiting.order_by("seq").first()
    if following is not None:
        Delivery.objects.filter(pk=following.pk).update(state=State.PENDING, due_at=at)


def _failed(row: Delivery, outcome: Outcome, at: datetime) -> None:
    row.attempts += 1
    row.tries = [*row.tries, _said(outcome, at)]
    wait = schedule.after_attempt(row.attempts) if row.seq is not None else None  # a test is tried once
    row.state, row.due_at = (State.PENDING, at + wait) if wait else (State.DEAD, None)
    if row.state == State.DEAD and row.seq is not None:
        log.error("webhook %s: event %s given up: %s", row.endpoint_id, row.seq, outcome.reason)


def _said(outcome: Outcome, at: datetime) -> dict[str, Any]:
    return {"at": at.isoformat(), "status": outcome.status, "reason": outcome.reason, "ms": outcome.ms}


def _move(endpoint: Endpoint, plan: Plan, outcomes: dict[int | None, Outcome]) -> None:
    handled = _handled(plan.fresh, outcomes)
    if handled and handled[-1].message.seq is not None:
        endpoint.cursor = handled[-1].message.seq


def _health(endpoint: Endpoint, done: Done, at: datetime) -> None:
    """Counts failures in a row; a receiver that is back gets what it missed at once."""
    for _message, outcome in done:
        endpoint.failures = 0 if outcome.ok else endpoint.failures + 1
        endpoint.last_error = endpoint.last_error if outcome.ok else outcome.reason
    if not done:
        return
    last = done[-1][1]
    if any(outcome.ok for _message, outcome in done):
        endpoint.delivered_at = at
        _back(endpoint, at)
    if endpoint.failures >= schedule.DOWN_AFTER:
        endpoint.down_since = endpoint.down_since or at
    endpoint.next_try_at = None
    if endpoint.failures >= schedule.DOWN_AFTER or last.retry_after:
        endpoint.next_try_at = at + schedule.before_probe(endpoint.failures, last.retry_after)
    _pause(endpoint, last, at)


def _back(endpoint: Endpoint, at: datetime) -> None:
    if endpoint.down_since is not None:
        Delivery.objects.filter(endpoint=endpoint, state=State.PENDING).update(due_at=at)
    endpoint.down_since = None


def _pause(endpoint: Endpoint, last: Outcome, at: datetime) -> None:
    """A receiver that says it is gone, or was away for seven days, is asked no more; its cursor stays."""
    if last.status == 410:
        endpoint.active, endpoint.paused = False, Endpoint.Paused.GONE
    elif endpoint.down_since is not None and at - endpoint.down_since > schedule.PAUSE_AFTER:
        endpoint.active, endpoint.paused = False, Endpoint.Paused.DOWN
