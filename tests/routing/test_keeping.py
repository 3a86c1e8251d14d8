"""Heartbeat, start, ready, and what happens when nobody moves: leases end, packed goods are only listed."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from routing import refusals, staleness
from routing.cancelling import cancel_orders
from routing.claiming import LEASE
from routing.heartbeating import CAP, heartbeat
from routing.holding import hold
from routing.models import Claim, Order
from routing.readying import ready
from routing.starting import start
from rxcenter.errors import NotFound, WrongState
from rxcenter.ledger.models import Event
from rxcenter.ledger.recording import transaction as with_events
from rxcenter.prescriptions.lifecycle import Step, lock, move
from tests.routing import acts, road
from tests.routing.acts import BOTH
from tests.routing.road import NOON, TO_OAK, holder

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def made(north, oak, elm):
    """Oak holds it, Elm would be next."""
    return road.claimed(road.routed(north, routing=BOTH), oak)


def do(verb, made, place, at=NOON, **more):
    return verb(made.claim.pk, made.token, by=holder(place), at=at, **more)


def test_a_heartbeat_extends_the_lease(oak, made):
    later = NOON + timedelta(minutes=29)
    beat = do(heartbeat, made, oak, later)
    assert (beat.lease_until, beat.heartbeat_at) == (later + LEASE, later)
    road.waiting("lapse", made.claim.pk).delete()  # the job that runs now
    road.lapse(made, NOON + LEASE)
    assert road.state(made.claim.order) == "claimed"
    assert road.waiting("lapse", made.claim.pk).due_at == later + LEASE
    road.lapse(made, later + LEASE)
    assert road.state(made.claim.order) == "offered"


def test_a_heartbeat_is_no_transition_and_makes_no_event(oak, made):
    before = Event.objects.count()
    do(heartbeat, made, oak, NOON + timedelta(minutes=1))
    assert Event.objects.count() == before


def test_the_lease_is_never_extended_beyond_the_cap(oak, made):
    at = NOON
    while at < NOON + CAP - timedelta(minutes=20):
        at += timedelta(minutes=20)
        lease = do(heartbeat, made, oak, at).lease_until
    assert lease == NOON + CAP
    with pytest.raises(refusals.LeaseCapped) as refused:
        do(heartbeat, made, oak, NOON + CAP)
    assert refused.value.extra["cap"] == (NOON + CAP).isoformat()
    road.lapse(made, NOON + CAP)
    assert road.state(made.claim.order) == "offered"


def test_a_heartbeat_never_shortens(oak, made):
    Claim.objects.filter(pk=made.claim.pk).update(lease_until=NOON + 3 * LEASE)
    assert do(heartbeat, made, oak, NOON).lease_until == NOON + 3 * LEASE


def test_what_is_prepared_needs_no_lease(oak, made):
    do(start, made, oak)
    assert do(heartbeat, made, oak, NOON + 2 * CAP).lease_until is None
    road.lapse(made, NOON + LEASE)
    assert road.state(made.claim.order) == "preparing"


def test_heartbeats_of_the_wrong_one(north, oak, elm, made):
    with pytest.raises(NotFound):
        do(heartbeat, made, elm)
    with pytest.raises(refusals.WrongClaimToken):
        heartbeat(made.claim.pk, "x", by=holder(oak), at=NOON)
    road.lapse(made, NOON + LEASE)
    with pytest.raises(refusals.LeaseLost):
        do(heartbeat, made, oak, NOON + LEASE)


def test_S30_an_expired_lease_goes_to_the_next_ranked_and_the_old_token_is_dead(north, oak, elm, made):
    order = made.claim.order
    road.lapse(made, NOON + LEASE)
    assert road.asked(order) == [("P0001", "accepted"), ("P0002", "pending")]
    with pytest.raises(refusals.LeaseLost) as refused, transaction.atomic():
        hold(made.claim.pk, "P0001", made.token)
    assert refused.value.extra["cause"] == "lapsed"
    assert road.told(order, "P0001").count("order.lapsed") == 1
    assert Event.objects.filter(subject=order.prescription_id, type="order.lapsed", primary=True).count() == 1


def test_from_claim_over_preparing_to_ready(oak, made):
    order = do(start, made, oak, NOON + timedelta(minutes=1))
    assert (order.state, acts.fresh(made).lease_until) == ("preparing", None)
    order = do(ready, made, oak, NOON + timedelta(minutes=9))
    assert (order.state, order.ready_at) == ("ready", NOON + timedelta(minutes=9))
    assert road.told(order, "P0001")[-2:] == ["order.started", "order.readied"]
    with pytest.raises(WrongState):
        do(start, made, oak)


def test_ready_without_start(oak, made):
    assert do(ready, made, oak).state == "ready"
    assert acts.fresh(made).lease_until is None


@pytest.mark.parametrize("verb", [start, ready])
def test_nothing_goes_on_while_a_cancel_waits_or_it_is_suspended(north, oak, made, verb):
    prescription = made.claim.order.prescription_id
    with with_events():
        row = lock([prescription])[prescription]
        cancel_orders(row, reason="clinical", by=road.placer(north), at=NOON)
    with pytest.raises(refusals.CancelPending) as refused:
        do(verb, made, oak)
    assert refused.value.extra["reason"] == "clinical"
    Order.objects.update(cancel_requested=False)
    move(Step(prescription, "held", "clinical"), by=road.placer(north), at=NOON)
    with pytest.raises(refusals.OnHold):
        do(verb, made, oak)
    assert road.state(made.claim.order) == "claimed"


def test_a_day_in_preparation_is_listed_and_never_released(oak, made):
    order = do(start, made, oak)
    assert road.waiting("stale", order.pk).due_at == NOON + DAY
    acts.watch(order, NOON + DAY - timedelta(seconds=1))
    assert not road.fresh(order).stale
    acts.watch(order, NOON + DAY)
    acts.watch(order, NOON + 2 * DAY)
    assert (road.state(order), road.fresh(order).stale, acts.fresh(made).state) == ("preparing", True, "open")
    assert road.told(order, "P0001").count("order.stale") == 1
    assert road.told(order, "H0001").count("order.stale") == 1
    assert not road.fresh(do(ready, made, oak, NOON + 2 * DAY)).stale


def test_the_patient_is_reminded_on_the_second_and_the_fifth_day_and_the_tenth_is_listed(oak, made):
    order = do(ready, made, oak)
    for hours in range(1, 11 * 24):
        acts.watch(order, NOON + timedelta(hours=hours))
    said = Event.objects.filter(
        subject=order.prescription_id, stream="P0001", type__in=("order.collect_reminder", "order.stale")
    )
    when = [(e.type, (e.at - NOON) / DAY) for e in said.order_by("seq")]
    assert when == [("order.collect_reminder", 2), ("order.collect_reminder", 5), ("order.stale", 10)]
    assert road.state(order) == "ready"


def test_a_late_worker_reminds_once(oak, made):
    order = do(ready, made, oak)
    acts.watch(order, NOON + 6 * DAY)
    acts.watch(order, NOON + 6 * DAY)
    assert road.told(order, "P0001").count("order.collect_reminder") == 1
    assert road.waiting("stale", order.pk).due_at == NOON + 10 * DAY


def test_what_ended_meanwhile_is_neither_reminded_nor_listed(oak, made):
    order = do(ready, made, oak)
    acts.give(made, oak)
    acts.watch(order, NOON + 20 * DAY)
    assert not road.fresh(order).stale
    assert "order.collect_reminder" not in road.told(order, "P0001")


def test_a_timer_that_failed_lists_the_order(oak, made):
    from rxcenter.jobs.queue import Work

    order = do(start, made, oak)
    with with_events():
        staleness.give_up(Work(1, "stale", order.pk, None, 5, made.claim.pk), NOON)
    assert road.fresh(order).stale


def test_an_owing_that_is_overdue_is_listed(oak, made):
    from routing.dispensing import Supplied

    acts.give(made, oak, Supplied(1, Decimal(3), owed=True))
    order = road.fresh(made.claim.order)
    staleness.watch(order)
    [due] = order.lines.values_list("owed_until", flat=True)
    acts.watch(order, due - timedelta(seconds=1))
    assert not road.fresh(order).stale
    acts.watch(order, due)
    assert (road.state(order), road.fresh(order).stale) == ("partly_supplied", True)


def test_acts_of_a_single_pharmacy_patient(north, oak):
    """Start and ready need nothing but the claim, also where nobody else was nominated."""
    made = road.claimed(road.routed(north, routing=TO_OAK), oak)
    do(start, made, oak)
    assert do(ready, made, oak).state == "ready"
