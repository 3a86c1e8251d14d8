"""The authorisation axis: every move from every state, who may, and what it leaves behind."""

import pytest

from rxcenter.accounts.roles import SYSTEM, Actor, Role
from rxcenter.errors import Forbidden, ReasonNeeded, WrongState
from rxcenter.ledger.models import Event
from rxcenter.prescriptions.lifecycle import Step, move
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.receiving import receive
from rxcenter.prescriptions.states import MOVES, TERMINAL, State
from tests import people

pytestmark = pytest.mark.django_db
ACTORS = {role: Actor(role, role.value) for role in Role}


@pytest.fixture
def prescription():
    [receipt] = receive([people.posted(people.north())], at=people.NOON)
    return receipt.id


def put_in(pk, state):
    Prescription.objects.filter(pk=pk).update(state=state)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("name", MOVES)
def test_each_move_from_each_state(prescription, name, state):
    allowed = MOVES[name]
    put_in(prescription, state)
    by = ACTORS[next(iter(allowed.who))]
    if state in allowed.before:
        after = move(Step(prescription, name, reason="理由"), by=by, at=people.NOON)
        assert after.state == allowed.after == Prescription.objects.get(pk=prescription).state
        event = Event.objects.get(type=f"prescription.{name}")
        assert f'"from":"{state.value}"' in event.body
    else:
        with pytest.raises(WrongState):
            move(Step(prescription, name, reason="理由"), by=by, at=people.NOON)
        assert Prescription.objects.get(pk=prescription).state == state
        assert Event.objects.count() == 1


@pytest.mark.parametrize("name", MOVES)
def test_only_the_named_roles_may(prescription, name):
    allowed = MOVES[name]
    put_in(prescription, next(iter(allowed.before)))
    for role in set(Role) - allowed.who:
        with pytest.raises(Forbidden):
            move(Step(prescription, name, reason="理由"), by=ACTORS[role], at=people.NOON)
    assert Event.objects.count() == 1


@pytest.mark.parametrize("name", [n for n, m in MOVES.items() if m.needs_reason])
def test_where_a_reason_is_needed_blanks_are_none(prescription, name):
    allowed = MOVES[name]
    put_in(prescription, next(iter(allowed.before)))
    with pytest.raises(ReasonNeeded):
        move(Step(prescription, name, reason=" \n"), by=ACTORS[next(iter(allowed.who))], at=people.NOON)


def test_nothing_leaves_a_terminal_state():
    leaving = {name for name, m in MOVES.items() if m.before & TERMINAL}
    assert leaving == {"reopened"}  # a dispense was corrected: routing says so, nobody else
    assert MOVES["reopened"].before == {State.COMPLETED, State.DISCONTINUED}
    assert MOVES["reopened"].who == {Role.SYSTEM}


def test_every_state_can_be_reached_and_only_known_states_are_stored(prescription):
    reached = {m.after for m in MOVES.values()} | {State.RECEIVED, State.IMPORTED}
    assert reached == set(State)
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        put_in(prescription, "lost")


def test_no_error_and_no_timeout_approves_anything():
    approving = {name for name, m in MOVES.items() if m.after is State.APPROVED}
    assert approving == {"audit_passed", "approved", "resumed", "reopened"}
    assert MOVES["approved"].who == {Role.PHARMACIST, Role.CHIEF}
    assert SYSTEM.role not in MOVES["resumed"].who
