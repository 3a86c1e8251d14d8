"""The institution's own calls: subscribe, change, rotate, try out, look, replay; and the feed with its confirmations."""

import re
from uuid import uuid4

import pytest
from django.utils import timezone

from rxcenter.notify.models import Delivery, Endpoint
from rxcenter.notify.subscribing import FAMILIES
from tests import people
from tests.house import sources
from tests.notify.conftest import happens, relay_and_worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def made(api, north, loopback, receiver):
    answer = api("POST", north, "/webhooks", {"url": receiver.url, "events": ["order.*"], "note": "HIS"})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_subscribing_shows_the_secret_once_and_it_verifies(api, north, made, receiver):
    assert made["secret"].startswith("whsec_")
    listed = api("GET", north, "/webhooks").json()["webhooks"]
    assert listed == [{k: v for k, v in made.items() if k != "secret"}]
    assert api("GET", north, f"/webhooks/{made['id']}").json() == listed[0]
    happens("order.created")
    relay_and_worker()
    assert receiver.verified(made["secret"])


def test_another_institutions_webhook_does_not_exist(api, made):
    south = people.south()
    path = f"/webhooks/{made['id']}"
    for method, call in [("GET", path), ("PATCH", path), ("DELETE", path), ("POST", f"{path}/rotate"),
                         ("POST", f"{path}/test"), ("GET", f"{path}/deliveries"), ("POST", f"{path}/replay")]:  # fmt: skip
        assert api(method, south, call).status_code == 404, call
        assert api(method, south, call.replace(made["id"], str(uuid4()))).status_code == 404
    assert api("GET", south, "/webhooks").json() == {"webhooks": []}
    assert Endpoint.objects.count() == 1


def test_a_key_needs_the_scope(api, north):
    from rxcenter.accounts.keys import issue

    limited = people.Place(north.institution, issue(north.institution, ["events"], at=timezone.now()))
    assert api("GET", limited, "/webhooks").json()["scope"] == "webhooks"


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"url": "http://example.org/"}, ["$.url"]),
        ({"url": "https://10.0.0.1/"}, ["$.url"]),
        ({"url": "https://example.org/", "events": ["prescripton.approved", "order.*"]}, ["$.events"]),
        ({"url": "https://u:p@example.org/", "events": ["*"]}, ["$.url", "$.events"]),
        ({}, ["$.url"]),
        ({"url": "https://example.org/", "evnets": []}, ["$.evnets"]),
    ],
)
def test_what_cannot_work_is_refused_with_its_path(api, north, body, paths):
    answer = api("POST", north, "/webhooks", body)
    assert answer.status_code == 422
    assert [p["path"].split("[")[0] for p in answer.json()["problems"]] == paths
    assert not Endpoint.objects.exists()


def test_no_name_is_looked_up_and_nothing_is_sent_while_a_client_waits(api, north, monkeypatch):
    import socket

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a look-up in a web request"))
    answer = api("POST", north, "/webhooks", {"url": "https://receiver.example/hook"})
    assert answer.status_code == 201
    assert api("POST", north, f"/webhooks/{answer.json()['id']}/test").status_code == 202


def test_the_same_address_twice_and_too_many_are_conflicts(api, north):
    def post(n):
        return api("POST", north, "/webhooks", {"url": f"https://receiver.example/{n}"})

    first = post(0).json()
    assert (post(0).status_code, post(0).json()["webhook"]) == (409, first["id"])
    assert [post(n).status_code for n in range(1, 11)] == [201] * 9 + [409]


def test_changing_switching_off_and_ending(api, north, made, receiver):
    path = f"/webhooks/{made['id']}"
    assert api("PATCH", north, path, {"active": False}).json()["condition"] == "paused"
    happens("order.created")
    relay_and_worker()
    assert receiver.got == []
    assert api("PATCH", north, path, {"active": True, "events": []}).json()["condition"] == "ok"
    relay_and_worker()
    assert [got.seq for got in receiver.got] == [1]
    assert api("PATCH", north, path, {"url": "https://10.0.0.1/"}).status_code == 422
    assert api("DELETE", north, path).status_code == 204
    assert api("GET", north, path).status_code == 404


def test_rotating(api, north, made, receiver):
    path = f"/webhooks/{made['id']}"
    answer = api("POST", north, f"{path}/rotate", {"hours": 1})
    assert answer["Cache-Control"] == "no-store"
    happens("order.created")
    relay_and_worker()
    assert receiver.verified(made["secret"]) == receiver.verified(answer.json()["secret"])
    assert api("POST", north, f"{path}/rotate", {"hours": 999}).status_code == 422
    new = api("POST", north, f"{path}/rotate", {"hours": 0}).json()["secret"]
    happens("order.created")
    relay_and_worker()
    receiver.got.pop(0)
    assert receiver.verified(new)
    assert len(receiver.got[0].headers["webhook-signature"].split()) == 2  # the first one's hour is not over


def test_deliveries_tell_what_did_not_get_through_and_replay_mends_it(api, north, made, receiver):
    path = f"/webhooks/{made['id']}"
    receiver.answer = lambda got: 500
    subject = happens("order.created", "order.offered")
    relay_and_worker()
    [second, first] = api("GET", north, f"{path}/deliveries").json()["deliveries"]
    assert (first["state"], first["attempts"], first["prescription"]) == ("pending", 1, str(subject))
    assert (first["tries"][0]["status"], first["tries"][0]["reason"]) == (500, "http_500")
    assert first["webhook_id"] == receiver.got[0].id
    assert (second["state"], second["tries"]) == ("waiting", [])
    Delivery.objects.filter(state="pending").update(state="dead", due_at=None)
    assert len(api("GET", north, f"{path}/deliveries?state=dead").json()["deliveries"]) == 1
    assert api("GET", north, f"{path}/deliveries?state=lost").status_code == 422
    assert api("GET", north, f"{path}/deliveries?before={first['id']}").json()["deliveries"] == []
    receiver.answer = lambda got: 204
    assert api("POST", north, f"{path}/replay").json() == {"replayed": 1}
    relay_and_worker()
    relay_and_worker()
    assert [got.seq for got in receiver.taken] == [1, 2]
    assert api("POST", north, f"{path}/replay").json() == {"replayed": 0}


def seqs(api, place, query=""):
    return [event["seq"] for event in api("GET", place, f"/events{query}").json()["events"]]


def test_what_is_not_confirmed_comes_back(api, north):
    happens("order.created", "order.offered", "order.claimed")
    assert seqs(api, north) == seqs(api, north) == [1, 2, 3]
    assert api("POST", north, "/events/ack", {"after": 2}).json() == {"after": 2}
    assert seqs(api, north) == [3]
    assert seqs(api, north, "?after=0") == [1, 2, 3]
    assert api("POST", north, "/events/ack", {"after": 1}).json() == {
        "after": 2
    }  # a late retry undoes nothing
    assert api("POST", north, "/events/ack", {"after": 3}).json() == {"after": 3}
    assert api("GET", north, "/events").json() == {"events": [], "next": 3}


@pytest.mark.parametrize("body", [{"after": 4}, {"after": -1}, {"after": "x"}, {}, {"after": 1, "before": 2}])
def test_what_has_not_happened_cannot_be_confirmed(api, north, body):
    happens("order.created", "order.offered", "order.claimed")
    assert api("POST", north, "/events/ack", body).status_code == 422
    assert seqs(api, north) == [1, 2, 3]


def test_confirmations_are_each_institutions_own(api, north):
    south = people.south()
    happens("order.created")
    happens("order.created", stream="C0002")
    api("POST", north, "/events/ack", {"after": 1})
    assert (seqs(api, north), seqs(api, south)) == ([], [1])


def test_every_event_the_rooms_record_belongs_to_a_family_that_can_be_subscribed():
    """A type outside the families could not be asked for, and its name would be refused as a mistake."""
    recorded = re.compile(r"""record\(\s*f?["']([a-z_]+)\.""")
    found = {
        family for _path, text in sources("rxcenter", "routing") for family in recorded.findall(text)
    } - {"webhook"}
    assert {"prescription", "order"} <= found
    assert found <= set(FAMILIES)


def test_the_metrics_count_receivers_and_dead_letters(client, made):
    Delivery.objects.create(
        endpoint_id=made["id"],
        seq=1,
        subject=uuid4(),
        version=1,
        type="order.created",
        at=timezone.now(),
        state="dead",
    )
    page = client.get("/metrics").content.decode()
    assert 'rxcenter_webhooks{condition="ok"} 1\n' in page
    assert 'rxcenter_webhook_deliveries{state="dead"} 1\n' in page
