"""Receivers fail: nothing is lost, order holds within a prescription, nobody else is harmed."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from rxcenter.accounts.roles import Actor, Role
from rxcenter.notify import schedule, waking
from rxcenter.notify.models import Delivery
from rxcenter.notify.replaying import replay
from rxcenter.notify.subscribing import change, subscribe, try_out
from tests import people
from tests.notify.conftest import NOON, fresh, happens, relay_and_worker, rows, run, simulate

pytestmark = pytest.mark.django_db(transaction=True)
OLGA = Actor(Role.OPERATOR, "olga")


def tries(endpoint, seq):
    return [one["reason"] for one in Delivery.objects.get(endpoint=endpoint, seq=seq).tries]


def test_the_schedule_outlasts_a_day_even_with_the_shortest_jitter():
    assert schedule.MOST_ATTEMPTS == 8
    assert sum(schedule.DELAYS) * (1 - schedule.JITTER) > 24 * 3600
    waits = [schedule.after_attempt(n) for n in range(1, 9)]
    assert waits[-1] is None
    assert all(0.8 * d <= w.total_seconds() <= 1.2 * d for d, w in zip(schedule.DELAYS, waits, strict=False))
    assert len({schedule.after_attempt(1) for _ in range(20)}) > 1
    assert schedule.before_probe(100) <= timedelta(minutes=18)


def test_a_receiver_that_is_down_a_whole_day_loses_nothing_and_harms_nobody(
    north, loopback, receiver, other_receiver
):
    down, _ = subscribe(north.code, receiver.url, at=NOON)
    well, _ = subscribe(north.code, other_receiver.url, at=NOON)
    receiver.answer = lambda got: 503
    start, subjects = timezone.now(), [uuid4() for _ in range(40)]
    for hour in range(24):
        at = start + timedelta(hours=hour)
        for subject in subjects[hour : hour + 10]:
            happens("order.offered", subject=subject, at=at)
        simulate(well, at, 0.1)
        simulate(down, at, 1)
    total = fresh(well).cursor
    assert [got.seq for got in other_receiver.taken] == list(range(1, total + 1)), (
        "a neighbour was kept waiting"
    )
    assert fresh(down).condition == "down"
    assert receiver.taken == []
    assert len(receiver.got) < 24 * 60 / 10, "a receiver that is away is asked rarely"
    assert not Delivery.objects.filter(state="dead").exists()
    receiver.answer = lambda got: 204
    simulate(down, start + timedelta(hours=24), 0.6, minutes=1)
    assert sorted({got.seq for got in receiver.taken}) == list(range(1, total + 1))
    assert fresh(down).condition == "ok"
    in_order(receiver)


def in_order(receiver):
    """Each prescription's events were taken in the order they happened."""
    last = {}
    for got in receiver.taken:
        data = got.said["data"]
        assert data["version"] == last.get(data["id"], 0) + 1, data
        last[data["id"]] = data["version"]


def refuse(*subjects):
    return lambda got: 500 if got.said["data"]["id"] in map(str, subjects) else 204


def test_invariant_19_a_dead_letter_blocks_its_own_prescription_only_and_can_be_replayed(endpoint, receiver):
    bad, good = uuid4(), uuid4()
    receiver.answer = refuse(bad)
    start = timezone.now()
    happens("order.created", subject=bad)
    happens("order.created", "order.offered", subject=good)
    happens("order.offered", "order.claimed", subject=bad)
    run(endpoint, start)
    assert rows(endpoint) == [(1, "pending"), (4, "waiting"), (5, "waiting")]
    simulate(endpoint, start, 48, minutes=20)
    assert rows(endpoint) == [(1, "dead"), (4, "waiting"), (5, "waiting")]
    assert tries(endpoint, 1) == ["http_500"] * 8
    happens("order.claimed", subject=good)
    happens("order.ready", subject=bad)
    run(endpoint, start + timedelta(hours=49))
    assert [got.seq for got in receiver.taken] == [2, 3, 6]
    assert rows(endpoint)[-1] == (7, "waiting")
    receiver.answer = lambda got: 204
    at = start + timedelta(hours=50)
    assert replay(Delivery.objects.values_list("pk", flat=True), by=OLGA, at=at) == 1
    simulate(endpoint, at, 1)
    assert [got.seq for got in receiver.taken] == [2, 3, 6, 1, 4, 5, 7]
    assert len({got.id for got in receiver.got if got.seq == 1}) == 1
    assert tries(endpoint, 1) == ["http_500"] * 8 + ["replayed", "ok"]
    in_order(receiver)


def test_a_failed_event_is_followed_by_the_others_in_the_same_run(endpoint, receiver):
    bad = uuid4()
    receiver.answer = refuse(bad)
    happens("order.created", "order.offered", subject=bad)
    happens("order.created")
    relay_and_worker()
    assert [got.seq for got in receiver.got] == [1, 3]
    assert rows(endpoint) == [(1, "pending"), (2, "waiting")]


def test_a_poisonous_event_does_not_keep_a_receiver_down(endpoint, receiver):
    """Three refused prescriptions open the breaker; the healthy ones get through all the same."""
    bad = [uuid4() for _ in range(5)]
    receiver.answer = refuse(*bad)
    start = timezone.now()
    for subject in bad:
        happens("order.created", subject=subject)
    for _ in range(10):
        happens("order.created")
    simulate(endpoint, start, 1, minutes=1)
    assert [got.seq for got in receiver.taken] == list(range(6, 16))


def test_old_deliveries_do_not_starve_new_events_while_the_receiver_is_tried_out(endpoint, receiver):
    bad = [uuid4() for _ in range(3)]
    receiver.answer = refuse(*bad)
    start = timezone.now()
    for subject in bad:
        happens("order.created", subject=subject)
    run(endpoint, start)
    assert fresh(endpoint).condition == "down"
    happens("order.created")
    for minute in range(1, 4):
        Delivery.objects.update(due_at=start)
        run(endpoint, start + timedelta(hours=minute))
    assert 4 in [got.seq for got in receiver.taken]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (301, "redirect"),
        (302, "redirect"),
        (308, "redirect"),
        (400, "http_400"),
        (404, "http_404"),
        (500, "http_500"),
    ],
)
def test_everything_but_2xx_is_a_failure_and_says_why(endpoint, receiver, other_receiver, answer, reason):
    receiver.answer = lambda got: (answer, {"Location": other_receiver.url})
    happens()
    relay_and_worker()
    assert tries(endpoint, 1) == [reason]
    assert other_receiver.got == [], "a redirect was followed"


def test_nobody_listens(endpoint, receiver):
    receiver.server.server_close()
    happens()
    relay_and_worker()
    assert tries(endpoint, 1) == ["refused"]


def test_retry_after_is_respected_within_bounds(endpoint, receiver):
    receiver.answer = lambda got: (429, {"Retry-After": "1200"})
    start = timezone.now()
    happens()
    happens()
    run(endpoint, start)
    assert len(receiver.got) == 1
    run(endpoint, start + timedelta(seconds=1199))
    assert len(receiver.got) == 1
    receiver.answer = lambda got: 204
    run(endpoint, start + timedelta(seconds=1201))
    assert {got.seq for got in receiver.taken} == {1, 2}
    receiver.answer = lambda got: (503, {"Retry-After": "999999"})
    happens()
    run(endpoint, start + timedelta(hours=1))
    assert fresh(endpoint).next_try_at <= start + timedelta(hours=2)


def test_gone_means_gone_until_it_is_switched_on_again(endpoint, receiver):
    receiver.answer = lambda got: 410
    happens()
    happens()
    relay_and_worker()
    assert (fresh(endpoint).active, fresh(endpoint).paused) == (False, "gone")
    waking.wake()
    run(endpoint, timezone.now() + timedelta(days=3))
    assert len(receiver.got) == 1
    receiver.answer = lambda got: 204
    change(fresh(endpoint), at=NOON, active=True)
    simulate(endpoint, timezone.now() + timedelta(days=4), 0.5)
    assert {got.seq for got in receiver.taken} == {1, 2}


def test_a_week_out_of_reach_pauses_and_keeps_its_place(endpoint, receiver):
    receiver.answer = lambda got: 500
    start = timezone.now()
    for _ in range(120):
        happens()
    simulate(endpoint, start, 24 * 8, minutes=180)
    assert (fresh(endpoint).active, fresh(endpoint).paused) == (False, "down")
    receiver.answer = lambda got: 204
    change(fresh(endpoint), at=NOON, active=True)
    at = start + timedelta(days=9)
    replay(Delivery.objects.values_list("pk", flat=True), by=OLGA, at=at)
    simulate(endpoint, at, 2, minutes=5)
    assert {got.seq for got in receiver.taken} == set(range(1, 121))


def test_another_institutions_events_never_come(endpoint, receiver):
    people.south()
    happens(stream="C0002")
    relay_and_worker()
    assert receiver.got == []


def test_a_test_message_goes_first_to_a_receiver_that_is_left_alone(endpoint, receiver):
    receiver.answer = lambda got: 500
    for _ in range(3):
        happens()
    relay_and_worker()
    assert fresh(endpoint).condition == "down"
    receiver.answer = lambda got: 204
    try_out(endpoint, at=timezone.now())
    relay_and_worker()
    assert receiver.taken[0].type == "webhook.test"
    assert fresh(endpoint).condition == "ok"


def test_invariant_19_what_comes_only_after_the_giving_up_waits_too(endpoint, receiver):
    bad = uuid4()
    receiver.answer = refuse(bad)
    start = timezone.now()
    happens("order.created", subject=bad)
    simulate(endpoint, start, 48, minutes=30)
    assert rows(endpoint) == [(1, "dead")]
    receiver.answer = lambda got: 204
    happens("order.offered", subject=bad)
    run(endpoint, start + timedelta(hours=49))
    assert receiver.taken == []
    assert rows(endpoint) == [(1, "dead"), (2, "waiting")]
