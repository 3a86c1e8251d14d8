"""Return, lapse, decline: the next one is asked at once, and nothing stays silently open."""

from datetime import timedelta

import pytest
from django.db import transaction

from routing import refusals
from routing.claiming import LEASE, claim
from routing.declining import decline
from routing.holding import hold
from routing.models import Claim, Offer
from routing.returning import give_back
from rxcenter.errors import Invalid, NotFound
from tests.routing import road
from tests.routing.road import NOON, TO_OAK, holder

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=5)


BOTH = {"nominated": ["P0001", "P0002"], "delivery": "pickup"}


def test_a_returned_order_goes_to_the_next_and_the_old_token_is_dead(north, oak, elm):
    order = road.routed(north, routing=BOTH)
    made = road.claimed(order, oak)
    give_back(made.claim.pk, made.token, reason="out_of_stock", by=holder(oak), at=LATER)
    assert road.asked(order) == [("P0001", "accepted"), ("P0002", "pending")]
    with pytest.raises(refusals.LeaseLost) as refused, transaction.atomic():
        hold(made.claim.pk, "P0001", made.token)
    assert refused.value.extra["cause"] == "returned"
    with pytest.raises(refusals.OfferSuperseded):
        claim(order.pk, by=holder(oak), at=LATER)
    again = claim(order.pk, by=holder(elm), at=LATER)
    assert again.claim.seq > made.claim.seq
    assert again.token != made.token


def test_when_the_last_one_returns_it_the_placer_is_told(north, oak):
    order = road.routed(north, routing=TO_OAK)
    made = road.claimed(order, oak)
    give_back(made.claim.pk, made.token, reason="out_of_stock", by=holder(oak), at=LATER)
    assert road.state(order) == "unroutable"
    assert road.told(order, "H0001")[-2:] == ["order.returned", "order.unroutable"]


def test_a_claim_by_mistake_comes_back_to_the_same_one_when_nobody_else_is_left(north, oak):
    order = road.routed(north, routing=TO_OAK)
    made = road.claimed(order, oak)
    give_back(made.claim.pk, made.token, reason="claimed_by_mistake", by=holder(oak), at=LATER)
    assert road.asked(order) == [("P0001", "accepted"), ("P0001", "pending")]
    assert (
        claim(order.pk, by=holder(oak), at=LATER).claim.seq == 3
    )  # claim, return, claim: each moves the fence


def test_twenty_claims_and_returns_leave_it_as_it_was(north):
    order = road.routed(north)
    for _ in range(20):
        made = road.claimed(order, north)
        give_back(made.claim.pk, made.token, reason="patient_delayed", by=holder(north), at=NOON)
    assert road.state(order) == "offered"
    assert Claim.objects.filter(order=order, state="returned").count() == 20
    assert Offer.objects.filter(order=order, state="pending").count() == 1


def test_returning_needs_a_coded_reason(north):
    order = road.routed(north)
    made = road.claimed(order, north)
    with pytest.raises(Invalid):
        give_back(made.claim.pk, made.token, reason="ran out", by=holder(north), at=NOON)
    assert road.state(order) == "claimed"


def test_a_wrong_token_changes_nothing_and_the_right_one_still_works(north):
    order = road.routed(north)
    made = road.claimed(order, north)
    with pytest.raises(refusals.WrongClaimToken):
        give_back(made.claim.pk, "x" * 43, reason="closed", by=holder(north), at=NOON)
    assert road.state(order) == "claimed"
    give_back(made.claim.pk, made.token, reason="closed", by=holder(north), at=NOON)


def test_another_dispensers_claim_does_not_exist_for_me(north, oak):
    order = road.routed(north)
    made = road.claimed(order, north)
    with pytest.raises(NotFound):
        give_back(made.claim.pk, made.token, reason="closed", by=holder(oak), at=NOON)


def test_a_lease_that_ran_out_frees_the_order_for_the_next(north, oak, elm):
    order = road.routed(north, routing=BOTH)
    made = road.claimed(order, oak)
    road.lapse(made, NOON + LEASE - timedelta(seconds=1))
    assert road.state(order) == "claimed"
    road.lapse(made, NOON + LEASE)
    road.lapse(made, NOON + LEASE)
    assert road.asked(order) == [("P0001", "accepted"), ("P0002", "pending")]
    assert road.told(order, "P0001").count("order.lapsed") == 1
    with pytest.raises(refusals.LeaseLost) as refused, transaction.atomic():
        hold(made.claim.pk, "P0001", made.token)
    assert refused.value.extra["cause"] == "lapsed"


def test_a_lapsed_own_pharmacy_is_asked_again(north):
    order = road.routed(north)
    road.lapse(road.claimed(order, north), NOON + LEASE)
    assert road.asked(order) == [("H0001", "accepted"), ("H0001", "pending")]


def test_a_lapse_too_early_waits_again(north):
    order = road.routed(north)
    made = road.claimed(order, north)
    Claim.objects.filter(pk=made.claim.pk).update(lease_until=NOON + 2 * LEASE)
    road.lapse(made, NOON + LEASE)
    assert road.state(order) == "claimed"
    assert road.waiting("lapse", made.claim.pk) is not None


def test_what_is_being_prepared_never_lapses(north):
    from routing.custody import Taken, move_order

    order = road.routed(north)
    made = road.claimed(order, north)
    move_order(road.fresh(order), Taken("started"), by=holder(north), at=NOON)
    road.lapse(made, NOON + LEASE)
    assert road.state(order) == "preparing"


def test_declining_asks_the_next_then_tells_the_placer(north, oak, elm):
    order = road.routed(north, routing=BOTH)
    first = Offer.objects.get(order=order)
    for _ in range(2):
        decline(first.pk, reason="not_stocked", by=holder(oak), at=NOON)
    assert road.asked(order) == [("P0001", "declined"), ("P0002", "pending")]
    second = Offer.objects.get(order=order, dispenser="P0002")
    decline(second.pk, reason="closed", by=holder(elm), at=NOON)
    assert road.state(order) == "unroutable"
    assert road.told(order, "H0001").count("order.declined") == 2


def test_only_the_one_asked_can_decline_and_only_while_it_stands(north, oak, elm):
    order = road.routed(north, routing=TO_OAK)
    offer = Offer.objects.get(order=order)
    with pytest.raises(NotFound):
        decline(offer.pk, reason="closed", by=holder(elm), at=NOON)
    with pytest.raises(Invalid):
        decline(offer.pk, reason="no", by=holder(oak), at=NOON)
    road.claimed(order, oak)
    with pytest.raises(refusals.OfferSuperseded):
        decline(offer.pk, reason="closed", by=holder(oak), at=NOON)


def test_the_next_one_is_judged_when_it_is_asked(north, oak, elm):
    order = road.routed(north, routing=BOTH)
    elm.institution.dispenser.active = False
    elm.institution.dispenser.save()
    decline(Offer.objects.get(order=order).pk, reason="closed", by=holder(oak), at=NOON)
    assert (road.state(order), road.fresh(order).why_not) == ("unroutable", {"P0002": ["inactive"]})
