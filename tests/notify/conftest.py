"""Hospital North with a webhook, and a receiver that listens."""

import json
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from rxcenter.jobs import working
from rxcenter.jobs.queue import Work
from rxcenter.ledger.recording import record, transaction
from rxcenter.notify import delivering, waking
from rxcenter.notify.models import ApprovedNetwork, Delivery, Endpoint
from rxcenter.notify.subscribing import subscribe
from tests import people
from tests.notify.receiving import receiving

NOON = people.NOON


@pytest.fixture
def north(db):
    return people.north()


@pytest.fixture
def loopback(db):
    """An operator approved the loopback network, plain http too: these tests' receivers live there."""
    return ApprovedNetwork.objects.create(
        network="127.0.0.0/8", plain_http=True, reason="tests", approved_by="olga", in_force_from="2026-01-01"
    )


@pytest.fixture
def receiver():
    with receiving() as found:
        yield found


@pytest.fixture
def other_receiver():
    with receiving() as found:
        yield found


@pytest.fixture
def hook(north, loopback, receiver):
    """North's webhook to the receiver: (endpoint, secret)."""
    return subscribe(north.code, receiver.url, at=timezone.now())


@pytest.fixture
def endpoint(hook):
    return hook[0]


@pytest.fixture
def api(client):
    """Calls of an institution's own system."""

    class Api:
        def __call__(self, method, place, path, body=None):
            return client.generic(
                method, f"/api/v1{path}", json.dumps(body or {}), content_type="application/json", headers=place.headers
            )  # fmt: skip

    return Api()


def happens(*types: str, subject: UUID | None = None, stream: str = "H0001", at: datetime = NOON) -> UUID:
    """Events of one prescription in an institution's stream, as the rooms write them."""
    subject = subject or uuid4()
    with transaction():
        for type_ in types or ("prescription.approved",):
            record(type_, subject=subject, streams=[stream], actor="system:rxcenter", at=at, body={"to": "x"})
    return subject


def relay_and_worker() -> None:
    """What the relay and the notifier do in production: look, then work off what is due."""
    waking.wake()
    working.drain("notify")


def run(endpoint: Endpoint, at: datetime) -> None:
    """One run as if it were `at`: simulated days need no waiting."""
    delivering.work([Work(1, "notify", endpoint.pk, None, 1, uuid4())], at)


def simulate(endpoint: Endpoint, start: datetime, hours: float, minutes: float = 5) -> datetime:
    """Run whenever the schedule says so, looking every `minutes`; returns the time at the end."""
    at, end = start, start + timedelta(hours=hours)
    while at < end:
        run(endpoint, at)
        at += timedelta(minutes=minutes)
    return end


def fresh(endpoint: Endpoint) -> Endpoint:
    return Endpoint.objects.get(pk=endpoint.pk)


def rows(endpoint: Endpoint) -> list[tuple[int | None, str]]:
    return list(Delivery.objects.filter(endpoint=endpoint).order_by("seq").values_list("seq", "state"))
