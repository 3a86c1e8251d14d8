"""Passing on: the holder asks, the other accepts; at no moment does nobody hold it, and nobody holds it twice."""

from datetime import timedelta

import pytest
from django.db import transaction

from routing import refusals
from routing.claiming import LEASE
from routing.holding import hold
from routing.models import Claim, Dispenser, Order, Transfer
from routing.readying import ready
from routing.returning import give_back
from routing.starting import start
from routing.transferring import (
    ANSWER_WITHIN,
    accept_transfer,
    ask_transfer,
    decline_transfer,
    withdraw_transfer,
)
from rxcenter.errors import Invalid, NotFound, WrongState
from tests.routing import acts, road
from tests.routing.acts import BOTH
from tests.routing.road import NOON, TO_OAK, holder

pytestmark = pytest.mark.django_db
SOON = NOON + timedelta(minutes=10)


@pytest.fixture
def made(north, oak, elm):
    return road.claimed(road.routed(north, routing=BOTH), oak)


def ask(made, place, to="P0002", reason="out_of_stock"):
    return ask_transfer(made.claim.pk, made.token, to, reason=reason, by=holder(place), at=NOON)


def open_claims(order):
    return list(Claim.objects.filter(order=order, state="open").values_list("dispenser_id", flat=True))


def dead(made, place):
    with pytest.raises(refusals.LeaseLost) as refused, transaction.atomic():
        hold(made.claim.pk, place.code, made.token)
    return refused.value.extra["cause"]


def test_accepted_in_one_step(oak, elm, made):
    order = made.claim.order
    start(made.claim.pk, made.token, by=holder(oak), at=NOON)
    asked = ask(made, oak)
    assert (road.state(order), open_claims(order)) == ("preparing", ["P0001"])
    new = accept_transfer(asked.pk, by=holder(elm), at=SOON)
    assert (road.state(order), open_claims(order)) == ("claimed", ["P0002"])
    assert (new.claim.seq, new.claim.lease_until) == (made.claim.seq + 1, SOON + LEASE)
    assert new.token != made.token
    assert dead(made, oak) == "transferred"
    acts.give(new, elm, at=SOON)
    assert road.prescription_state(order) == "completed"


def test_invariant_22_a_transfer_keeps_the_lines(oak, elm, made):
    order = made.claim.order
    before = (acts.authorised(order), acts.live_lines(order))
    accept_transfer(ask(made, oak).pk, by=holder(elm), at=SOON)
    assert (acts.authorised(order), acts.live_lines(order)) == before


def test_both_and_the_placer_are_told(oak, elm, made):
    accept_transfer(ask(made, oak).pk, by=holder(elm), at=SOON)
    for stream in ("H0001", "P0001", "P0002"):
        assert road.told(made.claim.order, stream)[-2:] == ["order.transfer_asked", "order.transferred"]


def test_a_new_lease_lapses_like_any_other(oak, elm, made):
    new = accept_transfer(ask(made, oak).pk, by=holder(elm), at=SOON)
    road.lapse(new, SOON + LEASE)
    assert road.state(made.claim.order) == "offered"
    assert road.asked(made.claim.order)[-1] == ("P0002", "pending")


def test_whoever_took_it_over_and_returned_it_is_not_asked_again(oak, elm, made):
    new = accept_transfer(ask(made, oak).pk, by=holder(elm), at=SOON)
    give_back(new.claim.pk, new.token, reason="out_of_stock", by=holder(elm), at=SOON)
    assert road.state(made.claim.order) == "unroutable"


def test_declined_the_holder_keeps_it(oak, elm, made):
    asked = ask(made, oak)
    assert decline_transfer(asked.pk, reason="not_stocked", by=holder(elm), at=SOON).state == "declined"
    assert open_claims(made.claim.order) == ["P0001"]
    with pytest.raises(refusals.TransferEnded):
        accept_transfer(asked.pk, by=holder(elm), at=SOON)
    ask(made, oak)


def test_withdrawn(oak, elm, made):
    asked = ask(made, oak)
    withdraw_transfer(made.claim.pk, made.token, by=holder(oak), at=SOON)
    with pytest.raises(refusals.TransferEnded) as refused:
        accept_transfer(asked.pk, by=holder(elm), at=SOON)
    assert refused.value.extra["state"] == "withdrawn"
    with pytest.raises(refusals.TransferEnded):
        withdraw_transfer(made.claim.pk, made.token, by=holder(oak), at=SOON)
    assert road.told(made.claim.order, "P0002")[-1] == "order.transfer_withdrawn"


def test_no_answer_changes_nothing_for_the_holder(oak, elm, made):
    asked = ask(made, oak)
    assert road.waiting("transfer_timeout", made.claim.pk).due_at == NOON + ANSWER_WITHIN
    acts.answer_time_over(made, NOON + ANSWER_WITHIN - timedelta(seconds=1))
    assert Transfer.objects.get().state == "pending"
    acts.answer_time_over(made, NOON + ANSWER_WITHIN)
    assert (Transfer.objects.get().reason, open_claims(made.claim.order)) == ("timed_out", ["P0001"])
    with pytest.raises(refusals.TransferEnded):
        accept_transfer(asked.pk, by=holder(elm), at=SOON)


@pytest.mark.parametrize("end", ["return", "lapse"])
def test_it_ends_with_the_claim(oak, elm, made, end):
    asked = ask(made, oak)
    if end == "return":
        give_back(made.claim.pk, made.token, reason="closed", by=holder(oak), at=SOON)
    else:
        road.lapse(made, NOON + LEASE)
    assert (Transfer.objects.get().state, Transfer.objects.get().reason) == ("withdrawn", "claim_ended")
    with pytest.raises(refusals.TransferEnded):
        accept_transfer(asked.pk, by=holder(elm), at=SOON)


def test_only_one_is_asked_at_a_time(oak, elm, made):
    ask(made, oak)
    with pytest.raises(refusals.TransferPending):
        ask(made, oak)


def test_only_an_eligible_one_is_asked_and_accepts(north, oak, elm, made):
    road.pharmacy("P0009", in_pool=True)
    with pytest.raises(refusals.NotEligible) as refused:
        ask(made, oak, "P0009")  # not nominated, and no consent to the pool
    assert refused.value.extra["reasons"] == ["no_consent"]
    with pytest.raises(refusals.NotEligible):
        ask(made, oak, "P4444")
    with pytest.raises(refusals.AlreadyHeldByYou):
        ask(made, oak, "P0001")
    asked = ask(made, oak)
    Dispenser.objects.filter(pk="P0002").update(active=False)
    with pytest.raises(refusals.NotEligible):
        accept_transfer(asked.pk, by=holder(elm), at=SOON)
    assert open_claims(made.claim.order) == ["P0001"]


def test_not_when_packed_nor_while_a_cancel_waits_nor_after_its_time(oak, elm, made):
    asked = ask(made, oak)
    Order.objects.update(cancel_requested=True)
    with pytest.raises(refusals.CancelPending):
        accept_transfer(asked.pk, by=holder(elm), at=SOON)
    Order.objects.update(cancel_requested=False)
    with pytest.raises(refusals.PrescriptionExpired):
        accept_transfer(asked.pk, by=holder(elm), at=made.claim.order.expires_at)
    ready(made.claim.pk, made.token, by=holder(oak), at=SOON)
    with pytest.raises(WrongState):
        accept_transfer(asked.pk, by=holder(elm), at=SOON)
    assert open_claims(made.claim.order) == ["P0001"]


def test_only_the_one_asked_answers(north, oak, elm, made):
    asked = ask(made, oak)
    for place in (north, oak):
        with pytest.raises(NotFound):
            accept_transfer(asked.pk, by=holder(place), at=SOON)
        with pytest.raises(NotFound):
            decline_transfer(asked.pk, reason="closed", by=holder(place), at=SOON)


def test_coded_reasons(oak, elm, made):
    with pytest.raises(Invalid):
        ask(made, oak, reason="because")
    with pytest.raises(Invalid):
        decline_transfer(ask(made, oak).pk, reason="because", by=holder(elm), at=SOON)


def test_a_single_nominated_pharmacy_cannot_pass_it_to_whom_it_likes(north, oak, elm):
    made = road.claimed(road.routed(north, routing=TO_OAK), oak)
    with pytest.raises(refusals.NotEligible):
        ask(made, oak)
