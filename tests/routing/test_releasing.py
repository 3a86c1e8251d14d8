"""Forced release by a supervisor: with a reason, by two persons where goods are packed; one order or a whole pharmacy."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from routing import refusals
from routing.dispensing import Supplied
from routing.holding import hold
from routing.models import Offer, ReleaseRequest, Transfer
from routing.readying import ready
from routing.releasing import force_release, release_all
from routing.returning import give_back
from routing.starting import start
from routing.transferring import ask_transfer
from rxcenter.accounts.roles import Actor, Role
from rxcenter.errors import Forbidden, Invalid, NotFound, WrongState
from rxcenter.ledger.models import Event
from tests.routing import acts, road
from tests.routing.acts import BOTH
from tests.routing.road import NOON, holder

pytestmark = pytest.mark.django_db
SOON = NOON + timedelta(minutes=10)
ANNA, BEN = Actor(Role.OPERATOR, "anna"), Actor(Role.REGULATOR, "ben")


@pytest.fixture
def made(north, oak, elm):
    return road.claimed(road.routed(north, routing=BOTH), oak)


def free(made, by=ANNA, reason="holder_unreachable"):
    return force_release(made.claim.order_id, reason=reason, by=by, at=SOON)


@pytest.mark.parametrize("started", [False, True])
def test_one_person_frees_what_is_not_packed(oak, elm, made, started):
    if started:
        start(made.claim.pk, made.token, by=holder(oak), at=NOON)
    assert free(made)
    order = made.claim.order
    assert road.asked(order) == [("P0001", "accepted"), ("P0002", "pending")]
    assert (acts.fresh(made).state, acts.fresh(made).reason) == ("released", "holder_unreachable")
    assert "order.force_released" in road.told(order, "P0001")
    with pytest.raises(refusals.LeaseLost) as refused, transaction.atomic():
        hold(made.claim.pk, "P0001", made.token)
    assert refused.value.extra["cause"] == "released"
    assert road.claimed(order, elm).claim.seq > made.claim.seq


def test_two_persons_free_what_is_packed(oak, elm, made):
    ready(made.claim.pk, made.token, by=holder(oak), at=NOON)
    order = made.claim.order
    assert not free(made)
    assert (road.state(order), acts.fresh(made).state) == ("ready", "open")
    assert road.told(order, "P0001")[-1] == "order.release_requested"
    with pytest.raises(refusals.SecondPersonNeeded):
        free(made)
    with pytest.raises(refusals.SecondPersonNeeded):  # the same person in another role
        free(made, Actor(Role.REGULATOR, "anna"))
    assert free(made, BEN)
    kept = ReleaseRequest.objects.get()
    assert (kept.asked_by, kept.confirmed_by) == ("anna", "ben")
    assert road.asked(order)[-1] == ("P0002", "pending")


def test_a_request_ends_with_its_claim(oak, elm, made):
    ready(made.claim.pk, made.token, by=holder(oak), at=NOON)
    assert not free(made)
    give_back(made.claim.pk, made.token, reason="closed", by=holder(oak), at=SOON)
    second = road.claimed(made.claim.order, elm, SOON)
    ready(second.claim.pk, second.token, by=holder(elm), at=SOON)
    assert not free(second, BEN)  # Anna asked for Oak's claim, not for Elm's
    assert free(second, ANNA)


def test_refusals(oak, elm, made):
    with pytest.raises(Forbidden):
        free(made, holder(oak))
    with pytest.raises(Invalid):
        free(made, reason="because")
    with pytest.raises(NotFound):
        force_release(made.claim.pk, reason="other", by=ANNA, at=SOON)
    acts.give(made, oak)
    with pytest.raises(WrongState):
        free(made)


def test_a_pending_cancel_is_done_with_the_release(north, oak, made):
    from routing.cancelling import cancel_orders
    from rxcenter.ledger.recording import transaction as with_events
    from rxcenter.prescriptions.lifecycle import lock

    with with_events():
        row = lock([made.claim.order.prescription_id])[made.claim.order.prescription_id]
        cancel_orders(row, reason="clinical", by=road.placer(north), at=NOON)
    assert free(made)
    assert (road.state(made.claim.order), road.prescription_state(made.claim.order)) == (
        "cancelled",
        "cancelled",
    )
    assert not Offer.objects.filter(state="pending").exists()


def test_a_closed_pharmacy_lets_everything_go(north, oak, elm):
    def held():
        return road.claimed(road.routed(north, routing=BOTH), oak)

    claimed, packed, partly = held(), held(), held()
    ready(packed.claim.pk, packed.token, by=holder(oak), at=NOON)
    acts.give(partly, oak, Supplied(1, Decimal(3)))
    offered = road.routed(north, routing=BOTH)
    others = road.claimed(road.routed(north, routing={**BOTH, "nominated": ["P0002", "P0001"]}), elm)
    ask_transfer(others.claim.pk, others.token, "P0001", reason="closed", by=holder(elm), at=NOON)

    first = release_all("P0001", reason="holder_closed", by=ANNA, at=SOON)
    assert set(first.released) == {str(claimed.claim.order_id), str(partly.claim.order_id)}
    assert (first.waiting, first.offers) == ([str(packed.claim.order_id)], [str(offered.pk)])
    assert road.asked(offered) == [("P0001", "declined"), ("P0002", "pending")]
    assert road.state(packed.claim.order) == "ready"
    assert Transfer.objects.get().state == "declined"
    assert road.asked(acts.parts(partly.claim.order)[0]) == [("P0002", "pending")]

    again = release_all("P0001", reason="holder_closed", by=ANNA, at=SOON)
    assert (again.released, again.waiting) == ([], [str(packed.claim.order_id)])
    second = release_all("P0001", reason="holder_closed", by=BEN, at=SOON)
    assert (second.released, second.waiting, second.offers) == ([str(packed.claim.order_id)], [], [])
    assert not Offer.objects.filter(dispenser="P0001", state="pending").exists()
    assert road.state(others.claim.order) == "claimed"


def test_one_that_fails_does_not_keep_the_others(north, oak, elm, monkeypatch):
    made = [road.claimed(road.routed(north, routing=BOTH), oak) for _ in range(3)]
    stuck = made[1].claim.order_id
    real = force_release

    def sometimes(order, **more):
        if order == stuck:
            raise WrongState(refusals.Words("x", "x"), state="x")
        return real(order, **more)

    monkeypatch.setattr("routing.releasing.force_release", sometimes)
    done = release_all("P0001", reason="holder_closed", by=ANNA, at=SOON)
    assert (len(done.released), done.failed) == (2, [str(stuck)])


def test_only_supervisors_and_only_with_a_reason(oak, made):
    with pytest.raises(Forbidden):
        release_all("P0001", reason="other", by=holder(oak), at=SOON)
    with pytest.raises(Invalid):
        release_all("P0001", reason="why not", by=ANNA, at=SOON)
    assert not Event.objects.filter(type="order.force_released").exists()
