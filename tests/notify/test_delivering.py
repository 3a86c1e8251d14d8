"""A webhook wakes: thin, signed, at least once, in order, and never in the way of anybody's work."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from rxcenter.jobs import working
from rxcenter.jobs.models import Job
from rxcenter.jobs.relay import Relay
from rxcenter.ledger.recording import record, transaction
from rxcenter.notify import delivering, rotating, settling, waking
from rxcenter.notify.models import Delivery, Secret
from rxcenter.notify.subscribing import subscribe
from tests import people
from tests.notify.conftest import NOON, fresh, happens, relay_and_worker, rows, run
from tests.notify.receiving import receiving

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_message_is_thin_signed_and_verified_by_the_reference_library(hook, receiver):
    endpoint, secret = hook
    prescription = happens("prescription.approved")
    relay_and_worker()
    [said] = receiver.verified(secret)
    data = {"resource": "prescription", "id": str(prescription), "version": 1, "seq": 1}
    assert said == {"type": "prescription.approved", "timestamp": NOON.isoformat(), "data": data}
    assert rows(endpoint) == []
    assert fresh(endpoint).cursor == 1
    got = receiver.got[0]
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(got.body.replace(b"approved", b"rejected"), got.headers)


def test_only_what_happens_after_the_subscription_and_only_the_wanted_types(north, loopback, receiver):
    happens("prescription.received")
    subscribe(north.code, receiver.url, events=["order.*", "prescription.approved"], at=NOON)
    happens(
        "prescription.received", "prescription.approved", "order.created", "order.offered", "claim.created"
    )
    happens("order.created", stream="P0001")
    relay_and_worker()
    assert [got.type for got in receiver.got] == ["prescription.approved", "order.created", "order.offered"]


def test_a_posted_prescription_leaves_nothing_personal_in_the_message(hook, receiver, client, north):
    body = json.dumps(people.document(north, issued_at=timezone.now().isoformat()))
    answer = client.post(
        "/api/v1/prescriptions", body, content_type="application/json", headers=north.headers
    )
    assert answer.status_code == 201
    relay_and_worker()
    assert receiver.got[0].said["data"]["id"] == answer.json()["id"]
    sent = b"".join(got.body for got in receiver.got).decode() + str([got.headers for got in receiver.got])
    for word in ("李秀英", "640101195803020042", "640100195803020042", "1958", "氨氯地平", "H0001", "I10"):
        assert word not in sent


def test_secrets_rotate_with_an_overlap(hook, receiver):
    endpoint, old = hook
    new, until = rotating.rotate(endpoint, at=timezone.now(), hours=2)
    assert new != old
    happens()
    relay_and_worker()
    assert receiver.verified(old) == receiver.verified(new)
    assert len(receiver.got[0].headers["webhook-signature"].split()) == 2
    happens()
    run(endpoint, until + timedelta(seconds=1))
    got = receiver.got[1]
    assert len(got.headers["webhook-signature"].split()) == 1
    keys = rotating.keys_of([endpoint], at=until + timedelta(seconds=1))
    assert len(keys[endpoint.pk]) == 1


def test_many_rotations_keep_three_signatures_at_most(endpoint, receiver):
    for _ in range(6):
        rotating.rotate(endpoint, at=timezone.now())
    happens()
    relay_and_worker()
    assert len(receiver.got[0].headers["webhook-signature"].split()) == 3


def test_secrets_are_sealed_at_rest_for_their_row(hook):
    endpoint, secret = hook
    row = Secret.objects.get()
    assert secret.removeprefix("whsec_").encode() not in bytes(row.sealed)
    from rxcenter.patients.sealing import CannotOpen

    Secret.objects.create(endpoint=endpoint, sealed=row.sealed, created_at=timezone.now())
    with pytest.raises(CannotOpen):
        rotating.keys_of([endpoint], at=timezone.now())


def test_invariant_19_at_least_once_a_crash_before_the_mark_repeats_the_same_id(hook, receiver, monkeypatch):
    endpoint, _ = hook
    happens("prescription.approved")

    def dies(*args, **how):
        raise SystemExit("killed between sending and writing")

    with monkeypatch.context() as broken:
        broken.setattr(settling, "settle", dies)
        with pytest.raises(SystemExit):
            run(endpoint, timezone.now())
    assert len(receiver.got) == 1
    assert fresh(endpoint).cursor == 0
    run(endpoint, timezone.now() + timedelta(minutes=2))
    assert [got.id for got in receiver.got] == [receiver.got[0].id] * 2
    assert receiver.got[0].body == receiver.got[1].body
    assert fresh(endpoint).cursor == 1


def test_a_sender_that_was_given_up_writes_nothing(endpoint, receiver):
    happens()
    at = timezone.now()
    from rxcenter.notify import planning, sending

    [late] = planning.plans(planning.lease([endpoint.pk], at=at), at=at)
    assert planning.lease([endpoint.pk], at=at + timedelta(seconds=59)) == []
    run(endpoint, at + timedelta(seconds=61))
    done = sending.run(delivering._errands([late], at)[0])
    happens()
    assert settling.settle(late, done, at=at) is False
    assert fresh(endpoint).cursor == 1


def test_a_backlog_goes_out_completely_and_in_order(endpoint, receiver):
    with transaction():
        for n in range(250):
            record(
                "prescription.received", subject=uuid4(), streams=["H0001"], actor="x", at=NOON, body={"n": n}
            )
    relay_and_worker()
    assert [got.seq for got in receiver.got] == list(range(1, 251))


def test_invariant_23_the_placer_is_told_every_end_soon(endpoint, receiver):
    ends = [
        "prescription.completed",
        "prescription.expired",
        "prescription.cancelled",
        "prescription.not_dispensed",
    ]
    for end in ends:
        happens("prescription.received", end)
    rung = []
    relay = Relay(ring=lambda lane: rung.append(lane) or working.drain(lane=lane))
    relay.round()  # looks
    relay.round()  # rings for what it found
    assert "notify" in rung
    assert [got.type for got in receiver.taken if got.type in ends] == ends


def test_the_relay_rings_the_notifiers_lane_only(endpoint):
    happens()
    waking.wake()
    rung = []
    Relay(ring=rung.append).round()
    assert rung == ["notify"]
    assert working.drain(lane="celery") == 0
    assert Job.objects.get(kind="notify").state == "due"


def test_intake_writes_nothing_for_webhooks(north, client, endpoint):
    body = json.dumps(people.document(north, issued_at=timezone.now().isoformat()))
    with CaptureQueriesContext(connection) as seen:
        client.post("/api/v1/prescriptions", body, content_type="application/json", headers=north.headers)
    assert not [q["sql"] for q in seen.captured_queries if "notify_" in q["sql"].replace("pg_notify", "")]


def test_a_test_message_is_tried_once_and_its_row_tells(endpoint, receiver):
    from rxcenter.notify.subscribing import try_out

    try_out(endpoint, at=timezone.now())
    working.drain("notify")
    assert receiver.got[0].type == "webhook.test"
    receiver.answer = lambda got: 500
    try_out(endpoint, at=timezone.now())
    working.drain("notify")
    assert list(Delivery.objects.order_by("pk").values_list("state", flat=True)) == ["delivered", "dead"]
    happens()
    receiver.answer = lambda got: 204
    relay_and_worker()
    assert fresh(endpoint).cursor == 1


def test_one_black_hole_does_not_keep_the_others_waiting(north, loopback, receiver):
    """While one receiver says nothing for seconds, the others' messages are there within one."""
    import threading
    import time

    gate = threading.Event()
    with receiving() as hole:
        hole.answer = lambda got: gate.wait(10) and 204
        subscribe(north.code, hole.url, at=NOON)
        subscribe(north.code, receiver.url, at=NOON)
        happens()
        waking.wake()
        began, arrived = time.monotonic(), []
        receiver.answer = lambda got: arrived.append(time.monotonic() - began) or 204
        worker = threading.Thread(target=_drain_and_close)
        worker.start()
        while not arrived and time.monotonic() - began < 8:
            time.sleep(0.02)
        gate.set()
        worker.join()
    assert arrived[0] < 1.5


def _drain_and_close():
    try:
        working.drain("notify")
    finally:
        connection.close()


def test_an_error_of_ours_is_counted_and_the_endpoint_is_left_alone_for_a_while(
    endpoint, receiver, monkeypatch
):
    happens()

    def broken(*args, **how):
        raise ValueError("our own mistake")

    monkeypatch.setattr(rotating, "keys_of", broken)
    waking.wake()
    for _ in range(5):
        Job.objects.filter(state="due").update(due_at=NOON)
        working.drain("notify")
    assert Job.objects.get().state == "quarantined"
    assert fresh(endpoint).last_error == "internal"
    waking.wake()
    assert Job.objects.count() == 1
    monkeypatch.undo()
    run(endpoint, timezone.now() + delivering.AFTER_TROUBLE * 2)
    assert fresh(endpoint).cursor == 1
