"""The custody table, cell by cell: every state × every move, allowed or refused without a trace."""

import pytest

from routing.custody import Taken, move_order
from routing.models import Order
from routing.states import CLAIMABLE, MOVES, OPEN_CLAIM, TERMINAL, OrderState
from rxcenter.accounts.roles import Actor, Role
from rxcenter.errors import Forbidden, ReasonNeeded, WrongState
from rxcenter.ledger.models import Event
from tests import people
from tests.routing import road
from tests.routing.road import NOON

# Only the record of a dispense can be corrected after the end
CORRECTIONS = {"amended_to_partly", "amended_to_completed", "withdrawn_to_partly", "withdrawn_to_preparing"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def order(contradictions_allowed):
    north = people.north()
    road.dispenser(north)
    return road.routed(north)


def who(move: str) -> Actor:
    return Actor(sorted(MOVES[move].who)[0], "someone")


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("before", OrderState)
def test_every_state_and_every_move(order, before, move):
    Order.objects.filter(pk=order.pk).update(state=before)
    order.refresh_from_db()
    events = Event.objects.count()
    taken = Taken(move, reason="other")
    if before in MOVES[move].before:
        move_order(order, taken, by=who(move), at=NOON)
        assert order.state == road.state(order) == MOVES[move].after
        assert Event.objects.count() == events + 1
        assert order.lines.filter(live=True).exists() is (MOVES[move].after not in TERMINAL)
    else:
        with pytest.raises(WrongState) as refused:
            move_order(order, taken, by=who(move), at=NOON)
        assert refused.value.extra["state"] == before
        assert (road.state(order), Event.objects.count()) == (before, events)


@pytest.mark.parametrize("move", MOVES)
def test_only_the_named_roles_may(order, move):
    for role in set(Role) - MOVES[move].who:
        with pytest.raises(Forbidden):
            move_order(order, Taken(move, reason="other"), by=Actor(role, "x"), at=NOON)
    assert road.state(order) == "offered"


@pytest.mark.parametrize("move", [m for m, allowed in MOVES.items() if allowed.needs_reason])
def test_a_reason_is_asked_for(order, move):
    with pytest.raises(ReasonNeeded):
        move_order(order, Taken(move, reason=" "), by=who(move), at=NOON)


def test_terminal_is_terminal_and_every_other_state_has_a_way_out():
    for state in OrderState:
        leaving = {name for name, m in MOVES.items() if state in m.before}
        if state in TERMINAL:
            assert leaving <= CORRECTIONS, state
        else:
            assert leaving - CORRECTIONS, state


def test_the_sets_do_not_overlap():
    assert len(OPEN_CLAIM | CLAIMABLE | TERMINAL) == len(OPEN_CLAIM) + len(CLAIMABLE) + len(TERMINAL)


def test_a_late_writer_misses_behind_the_fence(order):
    late = road.fresh(order)
    Order.objects.filter(pk=order.pk).update(claim_seq=5)
    with pytest.raises(WrongState):
        move_order(late, Taken("claimed"), by=who("claimed"), at=NOON)
    assert road.state(order) == "offered"
