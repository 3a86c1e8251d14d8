"""Dispense, cancel, expire: how an order ends, once."""

from datetime import timedelta
from decimal import Decimal

import pytest

from routing import refusals
from routing.claiming import LEASE, claim
from routing.dispensing import Handover, Supplied, dispense
from routing.models import Dispense, Order, OrderLine
from routing.returning import give_back
from routing.withdrawing import withdraw
from rxcenter.errors import Invalid, NotFound
from tests import people
from tests.routing import road
from tests.routing.road import NOON, TO_OAK, holder

pytestmark = pytest.mark.django_db
SOON = NOON + timedelta(minutes=3)


def handover(**changes) -> Handover:
    facts = {"local_id": "L1", "pharmacist": "YS1", "handed_over_at": SOON}
    return Handover(**{**facts, **changes})


@pytest.fixture
def north():
    place = people.north()
    road.dispenser(place)
    return place


@pytest.fixture
def oak():
    place = people.oak()
    road.dispenser(place)
    return place


@pytest.fixture
def order(north, oak):
    return road.routed(north, routing=TO_OAK)


@pytest.fixture
def made(order, oak):
    return road.claimed(order, oak)


def do(made, oak, at=SOON, **changes) -> Dispense:
    return dispense(made.claim.pk, made.token, handover(**changes), by=holder(oak), at=at)


def test_a_dispense_ends_claim_order_and_prescription(order, made, oak):
    record = do(made, oak)
    made.claim.refresh_from_db()
    assert record.lines == [{"line": 1, "quantity": "7", "unit": "tablet", "batch": None}]
    assert (road.state(order), made.claim.state, road.prescription_state(order)) == ("completed",) * 3
    line = OrderLine.objects.get(order=order)
    assert (line.remaining, line.live) == (Decimal(0), False)
    assert road.told(order, "H0001")[-1] == road.told(order, "P0001")[-1] == "order.dispensed"


def test_no_second_dispense(order, made, oak):
    first = do(made, oak)
    with pytest.raises(refusals.AlreadyDispensed) as refused:
        do(made, oak, local_id="L2")
    assert refused.value.extra["dispense_id"] == str(first.pk)
    assert Dispense.objects.count() == 1
    with pytest.raises(refusals.AlreadyDispensed):
        claim(order.pk, by=holder(oak), at=SOON)


def test_only_the_holder_with_its_token(order, made, oak, north):
    with pytest.raises(NotFound):
        dispense(made.claim.pk, made.token, handover(), by=holder(north), at=SOON)
    with pytest.raises(refusals.WrongClaimToken):
        dispense(made.claim.pk, "", handover(), by=holder(oak), at=SOON)
    assert road.state(order) == "claimed"


@pytest.mark.parametrize(
    "lines, refusal",
    [
        ([], Invalid),
        ([Supplied(2)], Invalid),
        ([Supplied(1), Supplied(1, Decimal(1))], refusals.OverSupply),
        ([Supplied(1, Decimal("7.0001"))], refusals.OverSupply),
        ([Supplied(1, Decimal(5)), Supplied(1, Decimal("2.0001"))], refusals.OverSupply),
        ([Supplied(1, Decimal(2), unit="box")], Invalid),
        ([Supplied(1, not_supplied="patient_refused")], Invalid),
    ],
)
def test_never_more_than_is_left_and_never_nothing(order, made, oak, lines, refusal):
    with pytest.raises(refusal):
        do(made, oak, lines=lines)
    assert (road.state(order), Dispense.objects.count()) == ("claimed", 0)
    assert OrderLine.objects.get(order=order).remaining == 7


@pytest.mark.parametrize("lines", [[Supplied(1)], [Supplied(1, Decimal("7.0"), "tablet", "A24")]])
def test_naming_all_lines_in_full_is_fine(made, oak, lines):
    assert do(made, oak, lines=lines).lines[0]["quantity"] == "7"


@pytest.mark.parametrize("when, fine", [(-6, False), (-5, True), (0, True), (8, True), (9, False)])
def test_the_hand_over_lies_between_claim_and_now(made, oak, when, fine):
    at = NOON + timedelta(minutes=when)
    if fine:
        assert do(made, oak, handed_over_at=at)
    else:
        with pytest.raises(Invalid):
            do(made, oak, handed_over_at=at)


def test_not_while_a_cancel_is_pending(order, made, oak):
    Order.objects.filter(pk=order.pk).update(cancel_requested=True)
    with pytest.raises(refusals.CancelPending):
        do(made, oak)


def test_a_late_dispense_counts_while_nobody_else_was_asked(order, made, oak):
    late = NOON + LEASE + timedelta(seconds=20)
    do(made, oak, at=late)
    road.lapse(made, late)
    assert road.state(order) == "completed"


def test_after_the_lapse_the_old_token_is_dead(order, made, oak):
    road.lapse(made, NOON + LEASE)
    with pytest.raises(refusals.LeaseLost):
        do(made, oak, at=NOON + LEASE)


def test_after_a_return_the_old_token_is_dead(order, made, oak):
    give_back(made.claim.pk, made.token, reason="claimed_by_mistake", by=holder(oak), at=SOON)
    with pytest.raises(refusals.LeaseLost):
        do(made, oak)
    second = claim(order.pk, by=holder(oak), at=SOON)
    assert do(second, oak)


def test_cancel_before_claim(order, oak, north):
    assert withdraw(order.prescription_id, by=road.placer(north), at=SOON) == 1
    assert (road.state(order), road.asked(order)) == ("cancelled", [("P0001", "superseded")])
    assert road.told(order, "P0001") == ["order.offered", "order.cancelled"]
    assert not OrderLine.objects.filter(order=order, live=True).exists()
    with pytest.raises(refusals.PrescriptionCancelled):
        claim(order.pk, by=holder(oak), at=SOON)
    assert withdraw(order.prescription_id, by=road.placer(north), at=SOON) == 0


def test_cancel_while_held_names_the_holder_and_changes_nothing(order, made, oak, north):
    with pytest.raises(refusals.Claimed) as refused:
        withdraw(order.prescription_id, by=road.placer(north), at=SOON)
    assert refused.value.extra["holder"]["name"] == "橡树药房"
    assert road.state(order) == "claimed"
    assert do(made, oak)


def test_cancel_after_the_hand_over_says_when(order, made, oak, north):
    do(made, oak)
    with pytest.raises(refusals.AlreadyDispensed) as refused:
        withdraw(order.prescription_id, by=road.placer(north), at=SOON)
    assert refused.value.extra["handed_over_at"] == SOON.isoformat()


def test_cancel_after_twenty_returns(north):
    order = road.routed(north)
    for _ in range(20):
        held = road.claimed(order, north)
        give_back(held.claim.pk, held.token, reason="patient_delayed", by=holder(north), at=NOON)
    assert withdraw(order.prescription_id, by=road.placer(north), at=NOON) == 1


def test_an_unrouted_prescription_has_nothing_to_withdraw(north):
    assert withdraw(road.approved(north), by=road.placer(north), at=NOON) == 0


def test_an_unclaimed_order_expires_with_its_prescription(order):
    road.expire(order, order.expires_at - timedelta(seconds=1))
    assert road.state(order) == "offered"
    road.expire(order, order.expires_at)
    road.expire(order, order.expires_at)
    assert (road.state(order), road.prescription_state(order)) == ("expired", "expired")
    assert road.asked(order) == [("P0001", "timed_out")]
    assert road.told(order, "P0001") == ["order.offered", "order.expired"]


def test_an_unroutable_order_expires_too(north):
    order = road.routed(people.cloud())
    road.expire(order, order.expires_at)
    assert (order.state, road.state(order)) == ("unroutable", "expired")


def test_a_held_order_does_not_expire_under_its_holder(order, oak):
    held = claim(order.pk, by=holder(oak), at=order.expires_at - timedelta(minutes=1))
    road.expire(order, order.expires_at)
    assert road.state(order) == "claimed"
    at = order.expires_at + timedelta(minutes=5)
    assert dispense(held.claim.pk, held.token, handover(handed_over_at=at), by=holder(oak), at=at)


def test_given_back_after_its_time_it_expires_at_once(order, oak):
    held = claim(order.pk, by=holder(oak), at=order.expires_at - timedelta(minutes=1))
    at = order.expires_at + timedelta(minutes=1)
    give_back(held.claim.pk, held.token, reason="claimed_by_mistake", by=holder(oak), at=at)
    assert (road.state(order), road.prescription_state(order)) == ("expired", "expired")


def test_lapsed_after_its_time_it_expires_at_once(order, oak):
    held = claim(order.pk, by=holder(oak), at=order.expires_at - timedelta(minutes=1))
    road.lapse(held, order.expires_at + LEASE)
    assert (road.state(order), road.prescription_state(order)) == ("expired", "expired")
