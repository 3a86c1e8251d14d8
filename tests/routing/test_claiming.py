"""Claim, return, lapse, decline: one holder at a time, and nothing stays silently open."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from routing import refusals
from routing.claiming import LEASE, claim
from routing.declining import decline
from routing.holding import hold
from routing.models import Claim, Offer, Order
from routing.returning import give_back
from rxcenter.errors import Invalid, NotFound, WrongState
from rxcenter.ledger.models import Event
from tests import people
from tests.routing import road
from tests.routing.road import NOON, POOL, TO_OAK, holder

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=5)


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
def elm():
    return road.pharmacy("P0002")


BOTH = {"nominated": ["P0001", "P0002"], "delivery": "pickup"}


def test_a_claim_has_a_lease_a_token_and_a_timer(north, oak):
    order = road.routed(north, routing=TO_OAK)
    made = road.claimed(order, oak)
    assert (road.state(order), made.claim.seq, made.claim.lease_until) == ("claimed", 1, NOON + LEASE)
    assert len(made.token) >= 43  # 256 bits
    assert made.token.encode() not in bytes(made.claim.token_hash) + bytes(made.claim.token_sealed)
    assert road.waiting("lapse", made.claim.pk).due_at == NOON + LEASE
    assert road.asked(order) == [("P0001", "accepted")]
    assert road.told(order, "P0001") == ["order.offered", "order.claimed"]


def test_an_order_not_offered_to_me_does_not_exist(north, oak, elm):
    order = road.routed(north, routing=TO_OAK)
    with pytest.raises(NotFound):
        claim(order.pk, by=holder(elm), at=NOON)
    with pytest.raises(NotFound):
        claim(order.prescription_id, by=holder(oak), at=NOON)
    assert road.state(order) == "offered"


def test_the_second_pharmacy_is_told_who_holds_it_and_the_first_keeps_it(north, oak, elm):
    order = road.routed(north, routing=BOTH)
    Offer.objects.create(order=order, dispenser_id="P0002", rank=9, made_at=NOON)
    made = road.claimed(order, oak)
    with pytest.raises(refusals.WithAnotherDispenser) as refused:
        claim(order.pk, by=holder(elm), at=LATER)
    assert refused.value.extra["holder"]["name"] == "橡树药房"
    assert refused.value.extra["holder"]["phone"] == "0951-1234567"
    assert Claim.objects.get(order=order).pk == made.claim.pk


def test_claiming_again_points_to_my_claim(north, oak):
    order = road.routed(north, routing=TO_OAK)
    made = road.claimed(order, oak)
    with pytest.raises(refusals.AlreadyHeldByYou) as refused:
        claim(order.pk, by=holder(oak), at=LATER)
    assert refused.value.extra["claim_url"] == f"/api/v1/claims/{made.claim.pk}"


def test_not_after_expiry_even_before_the_timer_ran(north, oak):
    order = road.routed(north, routing=TO_OAK)
    with pytest.raises(refusals.PrescriptionExpired) as refused:
        claim(order.pk, by=holder(oak), at=order.expires_at)
    assert refused.value.extra["at"] == order.expires_at.isoformat()
    assert claim(order.pk, by=holder(oak), at=order.expires_at - timedelta(seconds=1))


def test_not_while_on_hold(north, oak):
    from rxcenter.prescriptions.lifecycle import Step, move

    order = road.routed(north, routing=TO_OAK)
    move(Step(order.prescription_id, "held", "recall"), by=road.placer(north), at=NOON)
    with pytest.raises(refusals.OnHold):
        claim(order.pk, by=holder(oak), at=NOON)
    move(Step(order.prescription_id, "resumed"), by=road.placer(north), at=NOON)
    assert claim(order.pk, by=holder(oak), at=NOON)


def test_not_when_the_licence_was_lost_since_the_offer(north, oak):
    oak.institution.dispenser.licences = ["psychotropic_2"]
    oak.institution.dispenser.save()
    order = road.routed(north, groups=["psychotropic_2"], routing=TO_OAK)
    assert order.state == "offered"
    oak.institution.dispenser.licences = []
    oak.institution.dispenser.save()
    with pytest.raises(refusals.NotEligible) as refused:
        claim(order.pk, by=holder(oak), at=NOON)
    assert refused.value.extra["reasons"] == ["no_licence:psychotropic_2"]


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


def test_the_pool_is_claimed_with_proof_by_its_members_only(north, oak, elm):
    ash = road.pharmacy("P0008", in_pool=True)
    order = road.routed(north, routing=POOL)
    with pytest.raises(NotFound):
        claim(order.pk, by=holder(ash), at=NOON)
    with pytest.raises(refusals.NotEligible):
        claim(order.pk, by=holder(elm), at=NOON, proven=True)
    made = claim(order.pk, by=holder(ash), at=NOON, proven=True)
    give_back(made.claim.pk, made.token, reason="out_of_stock", by=holder(ash), at=NOON)
    assert road.state(order) == "open"


def test_a_code_does_not_open_what_was_nominated_elsewhere(north, oak, elm):
    order = road.routed(north, routing=TO_OAK)
    with pytest.raises(refusals.OfferSuperseded):
        claim(order.pk, by=holder(elm), at=NOON, proven=True)


def test_the_index_is_the_proof_of_one_holder(north, oak):
    """Even a writer that asks nobody cannot make a second open claim."""
    order = road.routed(north)
    first = road.claimed(order, north).claim
    with pytest.raises(IntegrityError, match="one_open_claim_per_order"), transaction.atomic():
        Claim.objects.create(
            id=order.pk,
            order=order,
            dispenser_id="P0001",
            seq=99,
            token_hash=b"",
            token_sealed=b"",
            claimed_at=NOON,
        )
    Claim.objects.filter(pk=first.pk).update(state="returned", ended_at=NOON)
    assert Claim.objects.create(
        id=order.pk,
        order=order,
        dispenser_id="P0001",
        seq=99,
        token_hash=b"",
        token_sealed=b"",
        claimed_at=NOON,
    )


def test_a_line_stands_in_one_live_order(north):
    from routing.models import OrderLine

    order = road.routed(north)
    twin = Order.objects.get(pk=order.pk)
    twin.pk = order.prescription_id
    twin.save(force_insert=True)
    with pytest.raises(IntegrityError, match="line_in_one_live_order"), transaction.atomic():
        OrderLine.objects.create(order=twin, prescription=order.prescription, line=1)


def test_a_refused_move_leaves_no_event(north, oak):
    order = road.routed(north, routing=TO_OAK)
    before = Event.objects.count()
    Order.objects.filter(pk=order.pk).update(state="merged")
    with pytest.raises(WrongState):
        claim(order.pk, by=holder(oak), at=NOON)
    assert Event.objects.count() == before
    assert not Claim.objects.exists()
