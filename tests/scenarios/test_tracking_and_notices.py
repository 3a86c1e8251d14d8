"""S-25 to S-29: what patients read, what institutions are told, and a document that is not what was approved."""

from datetime import timedelta
from uuid import uuid4

import pytest
import requests
from django.db import connection

from rxcenter.jobs import working
from rxcenter.notify import delivering, sending
from rxcenter.notify.models import ApprovedNetwork
from tests.notify.conftest import relay_and_worker
from tests.notify.receiving import receiving
from tests.scenarios.papers import POOL, TO_OAK
from tests.scenarios.town import ok, slug

MINE, OTHERS = "P0001", "P0002"


def said(town, held, status, minutes=0, update_id=None, **more):
    occurred = (town.now() + timedelta(minutes=minutes)).isoformat()
    made = {"claim": held.said["claim_id"], "update_id": update_id or str(uuid4()), "status": status}
    return {**made, "occurred_at": occurred, **more}


def track(town, *updates, who=MINE, **more):
    return town.post(who, "/tracking-updates", {"updates": list(updates)}, **more)


def test_S25_a_batch_is_stored_whole_or_not_at_all(town, patient):
    rx = town.prescribe()
    held = rx.held(MINE)
    patient.known(rx)
    ok(track(town, said(town, held, "with_pharmacy", update_id="U1")), 201)
    refused = track(town, said(town, held, "ready", 0, "U2"), said(town, held, "ready", 0, "U1"))
    assert slug(refused) == "409 duplicate"
    assert refused.json()["entries"] == [
        {"update_id": "U2", "result": "not_committed"},
        {"update_id": "U1", "result": "duplicate"},
    ]
    assert "Ready to collect" not in patient.read()
    assert ok(track(town, said(town, held, "ready", 0, "U2")), 201)["stored"] == 1
    assert slug(track(town, said(town, held, "ready"), key="")) == "400 idempotency-key-required"
    stranger = said(town, held, "collected")
    assert track(town, stranger, who=OTHERS).status_code == 422  # no claim of yours
    assert rx.state() == ("approved", "claimed")


def test_S26_out_of_order_and_post_dated(town, patient):
    rx = town.prescribe()
    held = rx.held(MINE)
    patient.known(rx)
    town.clock.ahead += timedelta(minutes=10)
    ok(track(town, said(town, held, "collected", 0)), 201)
    ok(track(town, said(town, held, "with_pharmacy", -5)), 201)
    ok(track(town, said(town, held, "ready", 23 * 60)), 201)
    assert headline(patient) == "Collected"
    before = town.types("H0001", rx).count("order.tracked")
    ok(track(town, said(town, held, "with_pharmacy", 23 * 60 + 1)), 201)
    ok(held.act("start"))  # no lease ends it meanwhile
    town.clock.ahead += timedelta(hours=23, minutes=2)
    town.clock.work()
    assert headline(patient) == "With the pharmacy"
    told = [e["body"]["status"] for e in town.events("H0001", rx.pk) if e["type"] == "order.tracked"]
    assert "ready" not in told[before:], "something newer was true when it matured"


def headline(patient):
    page = patient.read()
    return page.split("<h2>")[1].split("</h2>")[0].strip().capitalize()


@pytest.fixture
def receiver(town):
    ApprovedNetwork.objects.create(
        network="127.0.0.0/8", plain_http=True, reason="tests", approved_by="olga", in_force_from="2026-01-01"
    )
    with receiving() as found:
        yield found


def test_S27_trouble_with_notices_never_breaks_the_update(town, receiver, monkeypatch):
    ok(town.post("H0001", "/webhooks", {"url": receiver.url}), 201)

    def broken(*args, **how):
        raise RuntimeError("notify is broken")

    with monkeypatch.context() as patch:
        patch.setattr(working, "WAKERS", [broken])
        patch.setattr(delivering, "work", broken)
        patch.setattr(sending, "run", broken)
        rx = town.prescribe()
        held = rx.held(MINE)
        ok(track(town, said(town, held, "ready")), 201)
        ok(held.give(), 201)
    assert rx.state() == ("completed", "completed")
    assert receiver.got == []
    assert "order.dispensed" in town.types("H0001", rx)  # pending in the feed …
    relay_and_worker()
    assert "order.dispensed" in [got.type for got in receiver.taken]  # … and delivered once it is mended


def test_S28_what_is_not_what_was_approved_is_not_handed_out(town):
    rx = town.prescribe(routing=POOL)
    code = rx.code()
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE prescriptions_prescription
            SET document = jsonb_set(document, '{items,0,dose,value}', '50') WHERE id = %s""",
            [rx.pk],
        )
    refused = rx.claim(MINE, code=code, key="K")
    assert slug(refused) == "409 signature-invalid"
    assert "prescription" not in refused.json()
    assert rx.state() == ("approved", "unroutable")
    [event] = [e for e in town.events("H0001", rx.pk) if e["type"] == "order.quarantined"]
    assert event["body"]["reason"] == "invalid_digital_signature"
    assert slug(rx.claim(MINE, code=code, key="K")) == "409 signature-invalid"
    assert rx.claim(OTHERS, code=code).status_code == 409
    assert rx.state() == ("approved", "unroutable")
    assert stale(rx) == [True], "a supervisor looks at it"


def stale(rx):
    with connection.cursor() as cursor:
        cursor.execute("SELECT stale FROM routing_order WHERE prescription_id = %s", [rx.pk])
        return [row[0] for row in cursor.fetchall()]


def test_S29_a_ping_is_harmless_to_miss(town, receiver):
    ok(town.post(MINE, "/webhooks", {"url": receiver.url}), 201)
    first = town.prescribe(routing=TO_OAK)
    relay_and_worker()
    [ping] = receiver.taken
    assert ping.type == "order.offered"
    assert set(ping.said["data"]) == {"resource", "id", "version", "seq"}
    assert "氨氯地平" not in ping.body.decode()
    receiver.answer = lambda got: 503  # offline
    second = town.prescribe(routing=TO_OAK)
    relay_and_worker()
    unread = ok(town.get(MINE, "/events"))["events"]
    assert [e["prescription"] for e in unread] == [first.pk, second.pk]
    unseen = ok(town.get(MINE, "/offers?unseen=true"))["offers"]
    assert [o["prescription_no"] for o in unseen] == [first.number, second.number]
    ok(town.post(MINE, "/events/ack", {"after": unread[0]["seq"]}))
    ok(town.post(MINE, f"/offers/{unseen[0]['offer_id']}/ack"))
    assert [e["prescription"] for e in ok(town.get(MINE, "/events"))["events"]] == [second.pk]
    again = ok(town.get(MINE, "/offers?unseen=true"))["offers"]
    assert [o["prescription_no"] for o in again] == [second.number]


def test_S30_an_expired_lease_goes_to_the_next_and_the_old_token_is_dead(town):
    rx = town.prescribe()
    held = rx.held(MINE)
    town.later(minutes=29)
    assert rx.state() == ("approved", "claimed")
    ok(held.act("heartbeat"))
    town.later(minutes=29)
    assert rx.state() == ("approved", "claimed")
    town.later(minutes=2)
    assert rx.state() == ("approved", "offered")
    assert [o["prescription_no"] for o in town.offers(OTHERS)] == [rx.number]
    for act in (held.give(), held.act("heartbeat"), held.act("return", {"reason": "closed"})):
        assert (slug(act), act.json()["cause"]) == ("409 lease-lost", "lapsed")
    for who in (MINE, "H0001"):
        assert town.types(who, rx).count("order.lapsed") == 1
    assert ok(rx.held(OTHERS).give(), 201)["state"] == "completed"


def test_S30_what_is_being_prepared_never_lapses(town):
    rx = town.prescribe()
    held = rx.held(MINE)
    ok(held.act("start"))
    town.later(hours=25)
    assert rx.state() == ("approved", "preparing")
    assert "order.stale" in town.types(MINE, rx)
    assert stale(rx) == [True]
    assert ok(held.give(), 201)["state"] == "completed"


def test_S31_pharmacies_see_their_own_and_nothing_personal_of_others(town):
    rx = town.prescribe(routing=POOL)
    code = rx.code()
    held = rx.held(MINE, code=code)
    ok(held.act("draft", {"lines": [{"line": 1, "quantity": "3"}]}))
    assert town.offers(OTHERS) == []
    assert town.get(OTHERS, held.path).status_code == 404
    refused = rx.claim(OTHERS, code=code)
    told = refused.text
    assert slug(refused) == "409 with-another-dispenser"
    assert not [word for word in ("氨氯地平", "李秀英", "13912345678", "I10") if word in told]
    assert rx.claim(OTHERS).status_code == 404  # neither offered nor proven: it does not exist
    assert town.post(OTHERS, "/prescriptions", town.paper()).status_code == 403
    assert town.get(OTHERS, f"/prescriptions/{rx.pk}").status_code == 403
    assert town.get(None, f"/prescriptions/{rx.pk}").status_code == 401
    assert (
        requests.get(
            f"{town.url}/api/v1/offers", headers={"Authorization": "Bearer x"}, timeout=30
        ).status_code
        == 401
    )
    assert town.types(OTHERS, rx) == []
    second = town.prescribe()
    [offer] = town.offers(MINE)
    assert (offer["prescription_no"], "patient" in offer) == (second.number, False)
    assert "李" not in str(offer)
    document = second.held(MINE).said["prescription"]["document"]
    assert "id" not in document["patient"]
