"""Conformance: trouble with notifications never reaches the counter, and missing one loses nothing."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from routing.models import Order
from rxcenter.accounts.keys import issue
from rxcenter.devstack import places
from rxcenter.jobs import working
from rxcenter.jobs.relay import Relay
from rxcenter.notify import delivering, sending
from rxcenter.notify.messages import headers
from rxcenter.notify.subscribing import subscribe
from tests import people
from tests.notify.conftest import NOON, happens, relay_and_worker
from tests.notify.receiving import receiving
from tests.people import Place
from tests.routing import road
from tests.routing.conftest import Api
from tests.routing.road import TO_OAK

pytestmark = pytest.mark.django_db(transaction=True)
EXAMPLE = Path(__file__).parents[2] / "examples" / "webhook_receiver.py"
TABLES = ("endpoint", "secret", "delivery", "approvednetwork", "feedposition")


@pytest.fixture
def oak(db):
    place = people.oak()
    road.dispenser(place, in_pool=True)
    return place


@pytest.fixture
def counter(north, oak):
    """North has its own pharmacy too."""
    road.dispenser(north)
    return north


@contextmanager
def notify_in_ruins(monkeypatch):
    """Its tables are gone and every one of its verbs raises."""

    def broken(*args, **how):
        raise RuntimeError("notify is broken")

    def rename(before, after):
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {before}_{table} RENAME TO {after}_{table}")

    rename("notify", "gone")
    try:
        with monkeypatch.context() as patch:
            patch.setattr(working, "WAKERS", [broken])
            patch.setattr(delivering, "work", broken)
            patch.setattr(sending, "run", broken)
            yield
    finally:
        rename("gone", "notify")


def hand_over(client, north, oak):
    """Posting's approval, offer, claim and dispense, as far as dispensers and placers see it."""
    order = road.routed(north, at=timezone.now(), routing=TO_OAK)
    calls = Api(client)
    claimed = calls.claim(oak, order)
    assert claimed.status_code == 201, claimed.content
    made = claimed.json()
    handed = {"local_id": "D-1", "pharmacist": "张药师", "handed_over_at": timezone.now().isoformat()}
    answer = calls.post(oak, f"/claims/{made['claim_id']}/dispenses", handed, token=made["claim_token"])
    return order, answer


def test_S27_invariant_20_notification_trouble_never_breaks_the_update(
    client, counter, oak, receiver, loopback, monkeypatch
):
    subscribe(counter.code, receiver.url, at=NOON)
    with notify_in_ruins(monkeypatch):
        document = people.document(counter, issued_at=timezone.now().isoformat(), number="S27-1")
        posted = client.post(
            "/api/v1/prescriptions",
            json.dumps(document),
            content_type="application/json",
            headers=counter.headers,
        )
        assert posted.status_code == 201
        order, dispensed = hand_over(client, counter, oak)
        assert dispensed.status_code == 201, dispensed.content
        Relay(ring=lambda lane: None).round()  # the relay goes on too
    assert Order.objects.get(pk=order.pk).state == "completed"
    assert receiver.got == []
    relay_and_worker()  # mended: what happened meanwhile is pending, and comes
    types = [got.type for got in receiver.taken if got.said["data"]["id"] == str(order.prescription_id)]
    assert "order.claimed" in types
    assert any(type_.endswith(("completed", "dispensed")) for type_ in types)


@pytest.fixture
def example(north):
    """The documentation's receiver as a process of its own: (address, secrets)."""
    import base64

    secrets = ["whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2)]
    port = places.free_port()
    own = {"WEBHOOK_SECRET": " ".join(secrets), "RXCENTER_URL": "http://127.0.0.1:9", "RXCENTER_KEY": "none"}
    process = subprocess.Popen(
        [sys.executable, EXAMPLE, str(port)], env={**os.environ, **own}, stderr=subprocess.PIPE
    )
    url = f"http://127.0.0.1:{port}/"
    for _ in range(100):
        try:
            answered(url, b"", {})
            break
        except urllib.error.URLError:
            time.sleep(0.1)
    yield url, [bytes([n]) * 32 for n in (1, 2)]
    process.kill()
    process.communicate()


def answered(url, body, sent):
    """The status of one POST."""
    try:
        return urllib.request.urlopen(urllib.request.Request(url, body, sent), timeout=5).status
    except urllib.error.HTTPError as refusal:
        return refusal.code


def test_S27_the_documented_receiver_refuses_what_is_not_ours(example):
    url, (key, new) = example
    body, now = b'{"type":"order.offered"}', timezone.now()
    good = headers("evt_1", body, [key], now)
    assert answered(url, body, {}) == 401
    assert answered(url, body, {k: v for k, v in good.items() if k != "webhook-signature"}) == 401
    assert answered(url, body, {**good, "webhook-signature": "v1,nonsense"}) == 403
    assert answered(url, body, {**good, "webhook-timestamp": "soon"}) == 403
    assert answered(url, body + b" ", good) == 403
    assert answered(url, body, headers("evt_1", body, [b"x" * 32], now)) == 403
    assert answered(url, body, headers("evt_1", body, [key], now - timedelta(seconds=400))) == 403
    assert answered(url, body, good) == 202
    assert answered(url, body, good) == 202  # a repetition is taken too: the feed says what is new
    assert answered(url, body, headers("evt_1", body, [new, b"y" * 32], now)) == 202


def test_the_documented_receiver_reads_the_feed_deals_and_confirms(north, live_server, process_environment):
    happens("order.created", "order.offered", at=NOON)
    key = issue(north.institution, ["events"], at=timezone.now())
    own = {"WEBHOOK_SECRET": "whsec_AAAA", "RXCENTER_URL": live_server.url, "RXCENTER_KEY": key}
    process = subprocess.Popen(
        [sys.executable, EXAMPLE, str(places.free_port())],
        env={**os.environ, **own},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert [process.stdout.readline().split()[:2] for _ in range(2)] == [
            ["1", "order.created"],
            ["2", "order.offered"],
        ]
        from rxcenter.notify.acknowledging import position

        for _ in range(100):
            if position(north.code) == 2:
                break
            time.sleep(0.1)
        assert position(north.code) == 2
    finally:
        process.kill()
        process.communicate()


def inbox(client, place: Place):
    return client.get("/api/v1/events", headers=place.headers).json()["events"]


def test_S29_pharmacy_pings_are_harmless_to_miss(client, counter, oak, loopback):
    with receiving() as p1:
        _, secret = subscribe(oak.code, p1.url, at=NOON)
        order = road.routed(counter, at=timezone.now(), routing=TO_OAK)
        relay_and_worker()
        [ping] = p1.verified(secret)
        assert ping["type"] == "order.offered"
        assert set(ping["data"]) == {"resource", "id", "version", "seq"}
    second = road.routed(counter, at=timezone.now(), routing=TO_OAK, number="S29-2")  # P1 is offline
    relay_and_worker()
    unread = inbox(client, oak)
    assert [e["prescription"] for e in unread] == [str(order.prescription_id), str(second.prescription_id)]
    assert inbox(client, oak) == unread, "what is not confirmed comes back"
    done = json.dumps({"after": unread[0]["seq"]})
    client.post("/api/v1/events/ack", done, content_type="application/json", headers=oak.headers)
    assert inbox(client, oak) == unread[1:], "what is confirmed does not"
