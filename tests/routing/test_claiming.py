"""Claim: one holder at a time, and only one that may."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from routing import refusals
from routing.claiming import LEASE, claim
from routing.models import Claim, Offer, Order
from routing.returning import give_back
from rxcenter.errors import NotFound
from rxcenter.ledger.models import Event
from tests.routing import road
from tests.routing.road import NOON, POOL, TO_OAK, holder

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=5)


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


def test_not_while_a_cancel_waits(north, oak):
    """Nothing that waits is to be cancelled: it would be. Should it ever be, nobody gets it."""
    order = road.routed(north, routing=TO_OAK)
    Order.objects.update(cancel_requested=True)
    with pytest.raises(refusals.CancelPending):
        claim(order.pk, by=holder(oak), at=NOON)
    assert (road.state(order), Claim.objects.count()) == ("offered", 0)


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


def test_the_pool_is_claimed_with_proof_by_its_members_only(north, oak, elm):
    ash = road.pharmacy("P0008", in_pool=True)
    elm.institution.dispenser.in_pool = False
    elm.institution.dispenser.save()
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
    Order.objects.filter(pk=order.pk).update(state="not_supplied")
    with pytest.raises(refusals.Gone):
        claim(order.pk, by=holder(oak), at=NOON)
    assert Event.objects.count() == before
    assert not Claim.objects.exists()
