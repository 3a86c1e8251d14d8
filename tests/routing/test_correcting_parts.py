"""Corrections of an order whose untouched lines went elsewhere: what stayed is corrected, nothing is doubled or revived."""

from datetime import timedelta
from decimal import Decimal

import pytest

from routing import refusals
from routing.cancelling import cancel_orders
from routing.correcting import amend, withdraw
from routing.dispensing import Handover, Supplied
from routing.models import Claim
from routing.splitting import split
from rxcenter.ledger.recording import transaction
from rxcenter.prescriptions.lifecycle import Step, lock, move
from tests.routing import acts, road
from tests.routing.road import NOON, holder

pytestmark = pytest.mark.django_db
SOON = NOON + timedelta(minutes=10)
ALL = {1: Decimal(10), 2: Decimal(20)}


@pytest.fixture
def given(north, oak, elm):
    """Oak had two lines, let the second go to Elm and handed the first over."""
    made = road.claimed(road.routed(north, routing=acts.BOTH, items=acts.items(10, 20)), oak)
    split(made.claim.pk, made.token, [2], reason="out_of_stock", by=holder(oak), at=NOON)
    return made, acts.give(made, oak, at=SOON)


def part_of(made):
    [found] = acts.parts(made.claim.order)
    return found


def ask_back(made, north):
    with transaction():
        row = lock([made.claim.order.prescription_id])[made.claim.order.prescription_id]
        done = cancel_orders(row, reason="prescribing_error", by=road.placer(north), at=SOON)
        if done.whole and done.outcome == "stopped_remainder":
            move(Step(row.pk, "discontinued", reason="prescribing_error"), by=road.placer(north), at=SOON)
        return done


def test_what_stayed_is_taken_back_and_the_part_stays_where_it_is(given, oak, elm):
    made, record = given
    part = part_of(made)
    withdraw(record.pk, made.token, reason="wrong_quantity", by=holder(oak), at=SOON)
    assert (road.state(made.claim.order), road.state(part)) == ("preparing", "offered")
    assert acts.fresh(made).state == Claim.State.OPEN
    assert (acts.lines_of(made.claim.order), acts.lines_of(part)) == ([1], [2])
    assert (list(acts.live_lines(part)), acts.authorised(part)) == ([1, 2], ALL)
    acts.give(made, oak, at=SOON, local_id="L2")
    acts.give(road.claimed(part, elm, SOON), elm, at=SOON)
    assert road.prescription_state(part) == "completed"


def test_a_completed_prescription_is_reopened_by_it(given, oak, elm):
    made, record = given
    acts.give(road.claimed(part_of(made), elm, SOON), elm, at=SOON)
    assert road.prescription_state(made.claim.order) == "completed"
    said = Handover("L2", "YS1", SOON, [Supplied(1, Decimal(4), owed=True)])
    amend(record.pk, made.token, said, by=holder(oak), at=SOON)
    assert (road.state(made.claim.order), road.prescription_state(made.claim.order)) == (
        "partly_supplied",
        "approved",
    )
    assert acts.authorised(made.claim.order) == ALL


def test_a_correction_cannot_name_what_went_elsewhere(given, oak):
    made, record = given
    said = Handover("L2", "YS1", SOON, [Supplied(1), Supplied(2, Decimal(20))])
    with pytest.raises(refusals.Invalid):
        amend(record.pk, made.token, said, by=holder(oak), at=SOON)
    assert road.state(made.claim.order) == "completed"


def test_what_the_placer_has_stopped_is_not_brought_back(given, oak, north):
    made, record = given
    ask_back(made, north)
    assert road.prescription_state(made.claim.order) == "discontinued"
    with pytest.raises(refusals.NotCorrectable):
        withdraw(record.pk, made.token, reason="wrong_patient", by=holder(oak), at=SOON)
    assert (road.state(made.claim.order), road.prescription_state(made.claim.order)) == (
        "completed",
        "discontinued",
    )


def test_nor_while_the_other_part_owes_the_placer_an_answer(given, oak, elm, north):
    made, record = given
    other = road.claimed(part_of(made), elm, SOON)
    assert ask_back(made, north).outcome == "cancel_requested"
    with pytest.raises(refusals.CancelPending):
        withdraw(record.pk, made.token, reason="wrong_patient", by=holder(oak), at=SOON)
    assert road.state(other.claim.order) == "claimed"
