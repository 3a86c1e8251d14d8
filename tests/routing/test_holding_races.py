"""Acts of a holder against timers and supervisors, with real threads: exactly one of two things happens."""

from datetime import timedelta

import pytest

from routing.claiming import LEASE
from routing.heartbeating import heartbeat
from routing.models import Claim, Offer, Order, OrderLine, ReleaseRequest
from routing.readying import ready
from routing.releasing import force_release
from routing.returning import give_back
from routing.splitting import split
from routing.starting import start
from routing.transferring import accept_transfer, ask_transfer
from rxcenter.accounts.roles import Actor, Role
from rxcenter.ledger.models import Event
from tests import people
from tests.routing import acts, road
from tests.routing.road import NOON, holder
from tests.routing.test_races import race

pytestmark = pytest.mark.django_db(transaction=True)
AT = NOON + LEASE  # the last moment of the lease
ROUNDS = 8


@pytest.fixture
def places():
    north, oak = people.north(), people.oak()
    road.dispenser(north)
    road.dispenser(oak, in_pool=True)
    return north, oak, road.pharmacy("P0002", in_pool=True)


def held(places, **more):
    north, oak, _elm = places
    return road.claimed(road.routed(north, routing=acts.BOTH, **more), oak)


def open_claims(order):
    return Claim.objects.filter(order=order, state="open").count()


def test_S30_heartbeat_against_lapse_exactly_one_of_extended_and_released(places):
    for _ in range(ROUNDS):
        made = held(places)
        ended = race(
            [
                lambda m=made: heartbeat(m.claim.pk, m.token, by=holder(places[1]), at=AT),
                lambda m=made: road.lapse(m, AT),
            ]
        )
        claim = acts.fresh(made)
        extended, released = claim.lease_until == AT + LEASE, claim.state == "lapsed"
        assert extended is not released
        assert ended == ({"Claim": 1, "NoneType": 1} if extended else {"!LeaseLost": 1, "NoneType": 1}), ended
        assert road.state(made.claim.order) == ("claimed" if extended else "offered")
        lapses = Event.objects.filter(subject=claim.order.prescription_id, type="order.lapsed", primary=True)
        assert lapses.count() == released


def test_start_against_lapse(places):
    for _ in range(ROUNDS):
        made = held(places)
        race(
            [
                lambda m=made: start(m.claim.pk, m.token, by=holder(places[1]), at=AT),
                lambda m=made: road.lapse(m, AT),
            ]
        )
        pair = (road.state(made.claim.order), acts.fresh(made).state)
        assert pair in {("preparing", "open"), ("offered", "lapsed")}


def test_invariant_01_accepting_against_returning(places):
    """Never nobody and never two: the other has it, or it was given back and the next one is asked."""
    _north, oak, elm = places
    for _ in range(ROUNDS):
        made = held(places)
        asked = ask_transfer(made.claim.pk, made.token, "P0002", reason="closed", by=holder(oak), at=NOON)
        ended = race(
            [
                lambda a=asked: accept_transfer(a.pk, by=holder(elm), at=NOON),
                lambda m=made: give_back(m.claim.pk, m.token, reason="closed", by=holder(oak), at=NOON),
            ]
        )
        order = made.claim.order
        accepted = ended["Claimed"] == 1
        assert ended == ({"Claimed": 1, "!LeaseLost": 1} if accepted else {"Order": 1, "!TransferEnded": 1})
        assert (road.state(order), open_claims(order)) == (("claimed", 1) if accepted else ("offered", 0))


def test_ten_accept_one_transfer_one_claim(places):
    _north, oak, elm = places
    made = held(places)
    asked = ask_transfer(made.claim.pk, made.token, "P0002", reason="closed", by=holder(oak), at=NOON)
    ended = race([lambda: accept_transfer(asked.pk, by=holder(elm), at=NOON) for _ in range(10)])
    assert ended == {"Claimed": 1, "!TransferEnded": 9}
    assert open_claims(made.claim.order) == 1


def test_invariant_22_the_same_line_split_off_ten_times_moves_once(places):
    made = held(places, items=acts.items(28, 14, 7))
    ended = race(
        [
            lambda: split(
                made.claim.pk, made.token, [2], reason="out_of_stock", by=holder(places[1]), at=NOON
            )
            for _ in range(10)
        ]
    )
    assert ended == {"Split": 1, "!Invalid": 9}
    assert acts.live_lines(made.claim.order) == [1, 2, 3]
    assert OrderLine.objects.filter(line=2).count() == 1


def test_splits_of_different_lines_leave_each_line_in_one_place(places):
    for _ in range(ROUNDS):
        made = held(places, items=acts.items(28, 14, 7))
        before = acts.authorised(made.claim.order)
        race(
            [
                lambda m=made, n=n: split(
                    m.claim.pk, m.token, [n], reason="out_of_stock", by=holder(places[1]), at=NOON
                )
                for n in (1, 2, 3)
            ]
        )
        assert acts.live_lines(made.claim.order) == [1, 2, 3]
        assert acts.authorised(made.claim.order) == before
        assert len(acts.lines_of(made.claim.order)) == 1  # the last one cannot be split off


def test_two_supervisors_ask_at_once_one_release(places):
    anna, ben = Actor(Role.OPERATOR, "anna"), Actor(Role.REGULATOR, "ben")
    for _ in range(ROUNDS):
        made = held(places)
        ready(made.claim.pk, made.token, by=holder(places[1]), at=NOON)
        ended = race(
            [
                lambda m=made, w=who: force_release(m.claim.order_id, reason="stale", by=w, at=NOON)
                for who in (anna, ben)
            ]
        )
        assert ended == {"bool": 2}
        assert (road.state(made.claim.order), open_claims(made.claim.order)) == ("offered", 0)
        assert ReleaseRequest.objects.filter(claim=made.claim).count() == 1


def test_release_against_the_hand_over(places):
    anna = Actor(Role.OPERATOR, "anna")
    for _ in range(ROUNDS):
        made = held(places)
        race(
            [
                lambda m=made: force_release(m.claim.order_id, reason="stale", by=anna, at=NOON),
                lambda m=made: acts.give(m, places[1]),
            ]
        )
        order: Order = made.claim.order
        assert (road.state(order), order.dispenses.count()) in {("completed", 1), ("offered", 0)}
        waiting = Offer.objects.filter(order=order, state="pending").count()
        assert waiting == (road.state(order) == "offered")


def test_a_heartbeat_long_before_the_end_is_never_refused(places):
    made = held(places)
    beat = NOON + timedelta(minutes=10)
    ended = race([lambda: heartbeat(made.claim.pk, made.token, by=holder(places[1]), at=beat)] * 10)
    assert ended == {"Claim": 10}
