"""What the patient reads: latest occurrence wins, the future is not shown, a batch is stored whole or not at all."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from routing import tracking
from routing.dispensing import Handover, dispense
from routing.models import TrackingUpdate
from routing.tracking import Status, Update, seen, track
from rxcenter.errors import Invalid
from rxcenter.ledger.models import Event
from tests.routing import road
from tests.routing.road import NOON, TO_OAK, holder

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(north, oak):
    return road.claimed(road.routed(north, routing=TO_OAK), oak)


def tell(made, place, status, minutes, at=NOON, update_id=None, **more):
    occurred = NOON + timedelta(minutes=minutes)
    said = Update(made.claim.pk, update_id or str(uuid4()), status, occurred, **more)
    return track([said], by=holder(place), at=at)


def reads(made, minutes, line=None):
    order = road.fresh(made.claim.order)
    return seen(order, order.tracking.all(), at=NOON + timedelta(minutes=minutes), line=line).status


def told():
    rows = Event.objects.filter(type="order.tracked", primary=True).order_by("seq")
    import json

    return [json.loads(e.body)["status"] for e in rows]


def test_S26_invariant_15_the_latest_occurrence_wins_whatever_arrives_last(made, oak):
    now = NOON + timedelta(minutes=20)
    tell(made, oak, "collected", 10, at=now)
    tell(made, oak, "with_pharmacy", 5, at=now)
    tell(made, oak, "ready", 20 + 23 * 60, at=now)
    assert reads(made, 20) is Status.COLLECTED
    assert reads(made, 20 + 23 * 60) is Status.READY


def test_S26_what_matures_is_told_unless_something_newer_is_true(made, oak):
    tell(made, oak, "ready", 60)
    road.run(tracking.mature, made.claim.order_id, NOON + timedelta(minutes=60))
    assert told() == ["ready"]
    tell(made, oak, "ready", 120, at=NOON + timedelta(minutes=61))
    tell(made, oak, "with_pharmacy", 121, at=NOON + timedelta(minutes=121))
    road.run(tracking.mature, made.claim.order_id, NOON + timedelta(minutes=122))
    assert told() == ["ready", "with_pharmacy"]


def test_a_line_has_a_status_of_its_own_and_a_delay_says_why_and_until_when(made, oak):
    tomorrow = NOON + timedelta(days=1)
    tell(
        made,
        oak,
        "delayed",
        1,
        at=NOON + timedelta(minutes=2),
        line=1,
        reason="out_of_stock",
        expected_at=tomorrow,
    )
    order = road.fresh(made.claim.order)
    line = seen(order, order.tracking.all(), at=NOON + timedelta(minutes=2), line=1)
    assert (line.status, line.reason, line.expected_at) == ("delayed", "out_of_stock", tomorrow)
    assert reads(made, 2) is Status.WITH_PHARMACY


def test_the_end_of_custody_is_final_and_an_update_never_moves_it(made, oak):
    tell(made, oak, "collected", 0)
    assert road.state(made.claim.order) == "claimed"
    dispense(made.claim.pk, made.token, Handover("L", "Y", NOON), by=holder(oak), at=NOON)
    tell(made, oak, "delayed", 5, at=NOON + timedelta(minutes=5))
    assert reads(made, 5) is Status.COLLECTED


@pytest.mark.parametrize(
    "wrong",
    [{"line": 9}, {"status": "cancelled"}, {"reason": "whim"}, {"minutes": 24 * 60 + 1}, {"claim": uuid4()}],
)
def test_what_does_not_fit_is_named_and_nothing_is_stored(made, oak, wrong):
    facts = {"claim": made.claim.pk, "status": "ready", "minutes": 0, **wrong}
    minutes = facts.pop("minutes")
    said = Update(update_id="1", occurred_at=NOON + timedelta(minutes=minutes), **facts)
    good = Update(made.claim.pk, "2", "ready", NOON)
    with pytest.raises(Invalid) as refused:
        track([good, said], by=holder(oak), at=NOON)
    assert refused.value.extra["problems"][0]["path"].startswith("$.updates[1].")
    assert not TrackingUpdate.objects.exists()


def test_nobody_tells_about_what_another_holds(made, elm):
    with pytest.raises(Invalid):
        tell(made, elm, "ready", 0)


def entry(claim, update_id, status="ready"):
    return {
        "claim": str(claim),
        "update_id": update_id,
        "status": status,
        "occurred_at": timezone.now().isoformat(),
    }


def test_S25_invariant_14_a_batch_is_stored_whole_or_not_at_all(api, oak, order):
    claim = api.claim(oak, order).json()["claim_id"]
    first = api.post(oak, "/tracking-updates", {"updates": [entry(claim, "1")]})
    assert first.status_code == 201, first.content
    again = api.post(oak, "/tracking-updates", {"updates": [entry(claim, "1"), entry(claim, "2")]})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/duplicate")
    assert again.json()["entries"] == [
        {"update_id": "1", "result": "duplicate"},
        {"update_id": "2", "result": "not_committed"},
    ]
    assert TrackingUpdate.objects.count() == 1
    twice = api.post(oak, "/tracking-updates", {"updates": [entry(claim, "3"), entry(claim, "3")]})
    assert (twice.status_code, TrackingUpdate.objects.count()) == (409, 1)


@pytest.mark.parametrize("key", ["", None])
def test_S25_a_request_without_its_id_is_refused(api, oak, order, key, client):
    claim = api.claim(oak, order).json()["claim_id"]
    headers = dict(oak.headers) if key is None else {**oak.headers, "Idempotency-Key": key}
    answer = client.post(
        "/api/v1/tracking-updates",
        {"updates": [entry(claim, "1")]},
        content_type="application/json",
        headers=headers,
    )
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/idempotency-key-required")
