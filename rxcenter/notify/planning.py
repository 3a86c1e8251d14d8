"""What is to be sent now: read for many endpoints at once, from the ledger's streams and from what failed before."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from django.db import connection

from rxcenter.notify.messages import Message
from rxcenter.notify.models import Delivery, Endpoint
from rxcenter.notify.schedule import DOWN_AFTER

LEASE = timedelta(seconds=60)
MOST_NEW, MOST_AGAIN = 100, 20  # events a run; a full run is followed by another at once


class Fresh(NamedTuple):
    """An event after the cursor: `wanted` by the subscription, `behind` an undelivered one of its prescription."""

    message: Message
    wanted: bool
    behind: bool


@dataclass(slots=True)
class Plan:
    """One endpoint's next run. `to_send` in order; `fresh` holds every event up to where the cursor may move."""

    endpoint: Endpoint
    again: list[Message] = field(default_factory=list)
    fresh: list[Fresh] = field(default_factory=list)
    to_send: list[Message] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return len(self.fresh) == MOST_NEW or len(self.again) == MOST_AGAIN


def lease(ids: Collection[UUID], *, at: datetime) -> list[Endpoint]:
    """Take endpoints for one sender; those inactive, left alone for now, or held by another are left out."""
    token = uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE notify_endpoint SET lease_token = %s, lease_until = %s WHERE id = ANY(%s) AND active
            AND (lease_until IS NULL OR lease_until <= %s) AND (next_try_at IS NULL OR next_try_at <= %s)
            RETURNING id""",
            [token, at + LEASE, list(ids), at, at],
        )
        taken = [pk for (pk,) in cursor.fetchall()]
    return list(Endpoint.objects.filter(pk__in=taken, lease_token=token).order_by("pk"))


def release(endpoints: Sequence[Endpoint]) -> None:
    """Give up what is still held under these leases."""
    held = Endpoint.objects.filter(pk__in=[e.pk for e in endpoints], lease_token=endpoints[0].lease_token)
    held.update(lease_until=None, lease_token=None)


def plans(endpoints: Sequence[Endpoint], *, at: datetime) -> list[Plan]:
    """What each of the leased endpoints is to be sent."""
    made = {endpoint.pk: Plan(endpoint) for endpoint in endpoints}
    for message in _again(list(made), at):
        made[message.endpoint].again.append(message)
    fresh = _after_cursors(list(made))
    blocked = _blocked(made, {message.subject for message in fresh})
    for message in fresh:
        plan = made[message.endpoint]
        wanted = wants(plan.endpoint.events, message.type)
        plan.fresh.append(Fresh(message, wanted, wanted and message.subject in blocked[plan.endpoint.pk]))
    for plan in made.values():
        plan.to_send = _chosen(plan)
    return list(made.values())


def wants(events: Sequence[str], type_: str) -> bool:
    """Whether a subscription holds an event type: named, or by its family (`order.*`); an empty one holds all."""
    return not events or type_ in events or f"{type_.partition('.')[0]}.*" in events


def _chosen(plan: Plan) -> list[Message]:
    """All of it; for a receiver that is out of reach one probe: a test that somebody asked for, else old and new in
    turn so that neither starves."""
    new = [one.message for one in plan.fresh if one.wanted and not one.behind]
    if plan.endpoint.failures < DOWN_AFTER:
        return plan.again + new
    tests = [message for message in plan.again if message.seq is None]
    if tests:
        return tests[:1]
    first, then = (new, plan.again) if plan.endpoint.failures % 2 else (plan.again, new)
    return (first or then)[:1]


def _again(endpoints: list[UUID], at: datetime) -> Iterable[Message]:
    """Deliveries that are due. Only the first of a prescription is ever pending, the others wait."""
    due = Delivery.objects.filter(endpoint__in=endpoints, state=Delivery.State.PENDING, due_at__lte=at)
    seen: dict[UUID, int] = defaultdict(int)
    for row in due.order_by("seq", "pk"):
        seen[row.endpoint_id] += 1
        if seen[row.endpoint_id] <= MOST_AGAIN:
            yield row.message


def _after_cursors(endpoints: list[UUID]) -> list[Message]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT e.id, v.seq, v.subject, v.subject_seq, v.type, v.at FROM notify_endpoint e
            CROSS JOIN LATERAL (
                SELECT seq, subject, subject_seq, type, at FROM ledger_event
                WHERE stream = e.institution_id AND seq > e.cursor ORDER BY seq LIMIT %s
            ) v WHERE e.id = ANY(%s) ORDER BY e.id, v.seq""",
            [MOST_NEW, endpoints],
        )
        return [Message(*row) for row in cursor.fetchall()]


def _blocked(endpoints: Collection[UUID], subjects: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Prescriptions with something undelivered, per endpoint: later events of theirs wait behind it."""
    rows = Delivery.objects.exclude(state=Delivery.State.DELIVERED).filter(
        endpoint__in=list(endpoints), subject__in=list(subjects)
    )
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for endpoint, subject in rows.values_list("endpoint_id", "subject").distinct():
        found[endpoint].add(subject)
    return found
