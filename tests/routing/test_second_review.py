"""The receiving institution's own pharmacist looks before anything is handed over; a question stops it anywhere."""

import pytest

from routing import refusals
from routing.dispatching import dispatch
from routing.models import Dispenser, SecondReview
from routing.readying import ready
from routing.reviewing import ask_second_review, needs_second_review, review, second_review_missing
from rxcenter.errors import Invalid, NotFound, ReasonNeeded
from tests import people
from tests.routing import acts, road
from tests.routing.road import NOON, TO_OAK, holder

pytestmark = pytest.mark.django_db
TO_SOUTH = {"nominated": ["C0002"], "delivery": "pickup"}


@pytest.fixture
def south(db):
    """A community centre that executes what hospitals prescribe."""
    place = people.south()
    road.dispenser(place)
    return place


def look(made, place, verdict="agreed", reason=""):
    return review(
        made.claim.pk, made.token, pharmacist="YS7", verdict=verdict, reason=reason, by=holder(place), at=NOON
    )


def test_a_receiving_centre_must_look_first(north, south):
    made = road.claimed(road.routed(north, routing=TO_SOUTH), south)
    claim = acts.fresh(made)
    assert (needs_second_review(claim), second_review_missing(claim)) == (True, True)
    with pytest.raises(refusals.SecondReviewNeeded):
        ask_second_review(claim)
    look(made, south)
    assert not second_review_missing(claim)
    assert road.told(made.claim.order, "H0001")[-1] == "order.second_review"


def test_neither_the_own_pharmacy_nor_a_retail_one_must(north, oak):
    own = acts.fresh(road.claimed(road.routed(north), north))
    retail = acts.fresh(road.claimed(road.routed(north, routing=TO_OAK), oak))
    for claim in (own, retail):
        assert (needs_second_review(claim), second_review_missing(claim)) == (False, False)
        ask_second_review(claim)


def test_a_question_stops_anybody_until_it_is_settled(north, oak):
    made = road.claimed(road.routed(north, routing=TO_OAK), oak)
    claim = acts.fresh(made)
    look(made, oak, "queried", "dose")
    assert second_review_missing(claim)
    look(made, oak)
    assert not second_review_missing(claim)
    assert list(SecondReview.objects.values_list("verdict", "reason")) == [
        ("queried", "dose"),
        ("agreed", ""),
    ]


def test_a_courier_gets_nothing_unreviewed(north, south):
    Dispenser.objects.filter(pk="C0002").update(delivers=True)
    routing = {**TO_SOUTH, "delivery": "delivery", "consent": True, "address": {"region": "金凤区"}}
    made = road.claimed(road.routed(north, routing=routing), south)
    ready(made.claim.pk, made.token, by=holder(south), at=NOON)
    sending = {"courier": "SF", "consignment": "1", "by": holder(south), "at": NOON}
    with pytest.raises(refusals.SecondReviewNeeded):
        dispatch(made.claim.pk, made.token, **sending)
    look(made, south)
    assert dispatch(made.claim.pk, made.token, **sending).state == "in_transit"


def test_a_question_needs_its_code(north, oak):
    made = road.claimed(road.routed(north, routing=TO_OAK), oak)
    with pytest.raises(ReasonNeeded):
        look(made, oak, "queried")
    with pytest.raises(Invalid):
        look(made, oak, "queried", "odd")
    with pytest.raises(NotFound):
        look(made, north)
    assert not SecondReview.objects.exists()


def test_each_holder_looks_for_itself(north, south):
    """A review ends with the claim it was made under."""
    from routing.returning import give_back

    made = road.claimed(road.routed(north, routing=TO_SOUTH), south)
    look(made, south)
    give_back(made.claim.pk, made.token, reason="claimed_by_mistake", by=holder(south), at=NOON)
    again = acts.fresh(road.claimed(made.claim.order, south))
    assert second_review_missing(again)
