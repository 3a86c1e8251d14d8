"""Taking back: rules X1 to X7. A cancel always gets an answer; what was cancelled is never offered again."""

from datetime import timedelta
from decimal import Decimal

import pytest

from routing import cancel_deciding, refusals
from routing.cancel_deciding import DECIDED_AFTER, accept_cancel, refuse_cancel
from routing.cancelling import ANSWER_WITHIN, Outcome
from routing.claiming import claim
from routing.dispensing import Handover, Supplied, dispense
from routing.models import CancelRequest, OrderLine
from routing.not_supplying import not_supplied
from routing.returning import give_back
from rxcenter.api.composing import Cancel, cancel, cancel_by_number
from rxcenter.errors import Invalid, NotFound
from rxcenter.jobs.queue import Work
from rxcenter.ledger.models import Event
from rxcenter.ledger.recording import transaction
from rxcenter.prescriptions.models import Prescription, Tombstone
from rxcenter.prescriptions.receiving import receive
from rxcenter.review.auditing import audit_batch
from tests import people
from tests.routing import road
from tests.routing.road import NOON, TO_OAK, holder

pytestmark = pytest.mark.django_db
SOON = NOON + timedelta(minutes=10)
BOTH = {"nominated": ["P0001", "P0002"], "delivery": "pickup", "address": None}


@pytest.fixture
def order(north, oak, elm):
    return road.routed(north, routing=BOTH)


@pytest.fixture
def made(order, oak):
    return road.claimed(order, oak)


def ask(order, north, at=SOON, **said):
    return cancel(order.prescription_id, Cancel("duplicate", **said), client=north.client, at=at)


def give(made, place, at=SOON, *lines, **facts):
    said = Handover("L1", "YS1", facts.pop("handed_over_at", at), list(lines) or None)
    return dispense(made.claim.pk, made.token, said, by=holder(place), at=at)


def due(order, at):
    road.run(cancel_deciding.work, order.pk, at)


def outcome(order):
    return CancelRequest.objects.values_list("outcome", flat=True).get(order=order)


def ends(order):
    return road.state(order), road.prescription_state(order)


def test_S13_before_the_claim_it_ends_at_once(order, north, oak):
    assert ask(order, north).outcome is Outcome.CANCELLED
    assert ends(order) == ("cancelled", "cancelled")
    with pytest.raises(refusals.PrescriptionCancelled):
        claim(order.pk, by=holder(oak), at=SOON)
    assert road.told(order, "P0001")[-1] == "order.cancelled"


def test_S14_after_the_claim_it_is_asked_and_nothing_more_is_handed_over(order, made, north, oak):
    found = ask(order, north)
    assert (found.outcome, found.decide_by) == (Outcome.CANCEL_REQUESTED, SOON + ANSWER_WITHIN)
    assert found.holders[0]["phone"] == "0951-1234567"
    assert ends(order) == ("claimed", "approved")
    with pytest.raises(refusals.CancelPending) as refused:
        give(made, oak)
    assert refused.value.extra["decide_by"] == found.decide_by.isoformat()
    accept_cancel(made.claim.pk, made.token, by=holder(oak), at=SOON)
    assert (*ends(order), outcome(order)) == ("cancelled", "cancelled", "cancelled")
    assert Event.objects.filter(stream="H0001", type="prescription.cancelled").exists()
    with pytest.raises(refusals.LeaseLost):
        give(made, oak)


def test_asking_twice_is_asking_once(order, made, north):
    assert ask(order, north).decide_by == ask(order, north, at=SOON + timedelta(minutes=5)).decide_by
    assert CancelRequest.objects.count() == 1


@pytest.mark.parametrize("way", ["return", "lapse", "not_supplied"])
def test_S15_invariant_10_whatever_the_holder_does_it_is_never_offered_again(order, made, north, oak, way):
    ask(order, north)
    if way == "return":
        give_back(made.claim.pk, made.token, reason="out_of_stock", by=holder(oak), at=SOON)
    elif way == "lapse":
        road.lapse(made, NOON + timedelta(minutes=30))
    else:
        not_supplied(made.claim.pk, made.token, reason="patient_died", by=holder(oak), at=SOON)
    assert (*ends(order), outcome(order)) == ("cancelled", "cancelled", "cancelled")
    assert road.asked(order) == [("P0001", "accepted")]  # the second nominated one was never asked


def test_refused_with_the_hand_over_that_came_first(order, made, north, oak):
    ask(order, north)
    late = Handover("L1", "YS1", SOON + timedelta(minutes=6))
    with pytest.raises(Invalid):
        refuse_cancel(made.claim.pk, made.token, late, by=holder(oak), at=SOON + timedelta(minutes=10))
    said = Handover("L1", "YS1", SOON - timedelta(minutes=2))
    refuse_cancel(made.claim.pk, made.token, said, by=holder(oak), at=SOON + timedelta(minutes=10))
    assert (*ends(order), outcome(order)) == ("completed", "completed", "refused")
    told = Event.objects.filter(stream="H0001", type="order.cancel_refused", primary=True)
    assert told.count() == 1


def test_a_refused_path_leaves_a_working_claim(order, made, north, oak):
    with pytest.raises(refusals.NothingToDecide):
        accept_cancel(made.claim.pk, made.token, by=holder(oak), at=SOON)
    with pytest.raises(NotFound):
        cancel(order.prescription_id, Cancel("other"), client=people.south().client, at=SOON)
    assert give(made, oak)


def test_invariant_9_no_answer_is_escalated_and_then_cancelled_never_handed_over(order, made, north):
    made.claim.order.refresh_from_db()
    from routing.states import OrderState

    type(order).objects.filter(pk=order.pk).update(state=OrderState.PREPARING)  # so that it does not lapse
    ask(order, north)
    due(order, SOON + ANSWER_WITHIN - timedelta(seconds=1))
    assert not road.fresh(order).stale
    due(order, SOON + ANSWER_WITHIN)
    assert (road.fresh(order).stale, road.state(order)) == (True, "preparing")
    assert road.told(order, "H0001")[-1] == "order.cancel_overdue"
    due(order, SOON + DECIDED_AFTER)
    assert (*ends(order), outcome(order)) == ("cancelled", "cancelled", "cancelled")
    assert not road.fresh(order).stale


def test_what_is_on_its_way_waits_for_a_person(order, made, north):
    type(order).objects.filter(pk=order.pk).update(state="in_transit")
    ask(order, north)
    road.waiting("cancel_decision", order.pk).delete()  # it is this one that runs now
    due(order, SOON + DECIDED_AFTER)
    assert (road.state(order), outcome(order)) == ("in_transit", "waiting")
    assert road.waiting("cancel_decision", order.pk).due_at == SOON + 2 * DECIDED_AFTER


def test_X4_what_was_handed_over_stays_and_the_rest_stops(order, made, north, oak):
    give(made, oak, SOON, Supplied(1, Decimal(3)))
    assert ask(order, north).outcome is Outcome.STOPPED_REMAINDER
    assert ends(order) == ("completed", "discontinued")
    line = OrderLine.objects.get(order=order)
    assert (line.authorised, line.remaining, line.supplied) == (3, 0, True)
    with pytest.raises(refusals.AlreadyDispensed):
        give(made, oak)


def test_X5_X6_what_has_ended_says_so(order, made, north, oak):
    give(made, oak)
    with pytest.raises(refusals.AlreadyDispensed) as refused:
        ask(order, north)
    assert refused.value.extra["handed_over_at"] == SOON.isoformat()


def test_X6_an_expired_one(order, north):
    road.expire(order, order.expires_at)
    with pytest.raises(refusals.PrescriptionExpired):
        ask(order, north)


def test_X6_the_same_canceller_gets_the_same_answer(order, north):
    assert ask(order, north).outcome is ask(order, north).outcome is Outcome.CANCELLED
    assert Event.objects.filter(type="prescription.cancelled", primary=True).count() == 1


def audited(prescription, at=SOON):
    with transaction():
        audit_batch([Work(1, "audit", prescription, None, 1, None)], at)
    return Prescription.objects.values_list("state", flat=True).get(pk=prescription)


def test_S20_a_cancel_that_comes_first_waits_for_its_prescription(north, oak):
    row, found = cancel_by_number("LATE-1", None, Cancel("duplicate"), client=north.client, at=NOON)
    assert (row, found.outcome) == (None, Outcome.CANCEL_REQUESTED)
    again, _ = cancel_by_number("LATE-1", None, Cancel("duplicate"), client=north.client, at=NOON)
    assert (again, Tombstone.objects.count()) == (None, 1)
    [late] = receive([people.posted(north, number="LATE-1", issued_at=NOON.isoformat())], at=SOON)
    assert audited(late.id) == "cancelled"
    assert Tombstone.objects.get().met_at == SOON
    road.route(late.id)
    assert not Prescription.objects.get(pk=late.id).orders.exists()


def test_S20_between_submit_and_audit_the_cancel_finds_the_prescription_itself(north):
    [late] = receive([people.posted(north, number="LATE-2", issued_at=NOON.isoformat())], at=NOON)
    row, found = cancel_by_number("LATE-2", None, Cancel("duplicate"), client=north.client, at=SOON)
    assert (row.pk, found.outcome) == (late.id, Outcome.CANCELLED)
    assert audited(late.id) == "cancelled"
    assert not Tombstone.objects.exists()


def test_a_mark_is_for_its_own_institution_and_revision_only(north):
    cancel_by_number("LATE-3", 2, Cancel("other"), client=north.client, at=NOON)
    south = people.south()
    [ours, theirs] = [
        receive([people.posted(p, number="LATE-3", issued_at=NOON.isoformat())], at=NOON)[0]
        for p in (north, south)
    ]
    assert {audited(ours.id), audited(theirs.id)} & {"cancelled"} == set()


def test_a_part_that_waits_is_cancelled_beside_one_that_was_handed_over(north, oak):
    order = road.routed(north, routing=TO_OAK)
    give(road.claimed(order, oak), oak)
    with pytest.raises(refusals.AlreadyDispensed):
        ask(order, north)
    assert ends(order) == ("completed", "completed")
