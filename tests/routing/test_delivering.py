"""Delivery: out with a courier and back; delivered is a dispense."""

import pytest

from routing import refusals
from routing.dispatching import delivery_failed, dispatch
from routing.models import Claim, Dispenser
from routing.readying import ready
from routing.returning import give_back
from rxcenter.errors import Invalid, WrongState
from tests.routing import acts, road
from tests.routing.road import NOON, TO_OAK, holder

pytestmark = pytest.mark.django_db
DELIVER = {
    "nominated": ["P0001"],
    "delivery": "delivery",
    "consent": True,
    "address": {"region": "金凤区", "text": "正源街 1 号"},
}


@pytest.fixture
def made(north, oak):
    """Oak has it ready for the courier."""
    Dispenser.objects.filter(pk="P0001").update(delivers=True)
    made = road.claimed(road.routed(north, routing=DELIVER), oak)
    ready(made.claim.pk, made.token, by=holder(oak), at=NOON)
    return made


def out(made, place, consignment="SF1"):
    return dispatch(
        made.claim.pk, made.token, courier="SF", consignment=consignment, by=holder(place), at=NOON
    )


def back(made, place, reason="nobody_there"):
    return delivery_failed(made.claim.pk, made.token, reason=reason, by=holder(place), at=NOON)


def test_dispatched_and_delivered(oak, made):
    order = out(made, oak)
    claim = Claim.objects.get(pk=made.claim.pk)
    assert (order.state, claim.courier, claim.consignment) == ("in_transit", "SF", "SF1")
    done = acts.give(made, oak)
    assert (road.state(order), done.proof["kind"]) == ("completed", "delivery")


def test_brought_back_and_sent_again(oak, made):
    out(made, oak)
    order = back(made, oak)
    assert order.state == "ready"
    assert out(made, oak, "SF2").state == "in_transit"
    assert road.told(order, "H0001").count("order.dispatched") == 2


def test_what_is_on_its_way_cannot_be_returned(oak, made):
    out(made, oak)
    with pytest.raises(WrongState):
        give_back(made.claim.pk, made.token, reason="patient_request", by=holder(oak), at=NOON)
    back(made, oak)
    give_back(made.claim.pk, made.token, reason="patient_request", by=holder(oak), at=NOON)


def test_a_coded_reason_is_needed(oak, made):
    out(made, oak)
    with pytest.raises(Invalid):
        back(made, oak, "dog bites")
    assert road.state(made.claim.order) == "in_transit"


def test_only_what_is_ready_goes_out(oak, made):
    out(made, oak)
    with pytest.raises(WrongState):
        out(made, oak)


def test_an_order_to_collect_is_not_delivered(north, oak):
    made = road.claimed(road.routed(north, routing=TO_OAK), oak)
    ready(made.claim.pk, made.token, by=holder(oak), at=NOON)
    with pytest.raises(refusals.NotForDelivery):
        out(made, oak)


def test_whoever_may_no_longer_deliver_does_not(oak, made):
    Dispenser.objects.filter(pk="P0001").update(delivers=False)
    with pytest.raises(refusals.NotEligible) as refused:
        out(made, oak)
    assert refused.value.extra["reasons"] == ["does_not_deliver"]
    assert road.state(made.claim.order) == "ready"
