"""Partial supply, owings, early information, corrections, and what is not supplied."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from routing import refusals, settling
from routing.claiming import claim
from routing.correcting import WINDOW, amend, withdraw
from routing.dispensing import Handover, Supplied, dispense
from routing.drafting import draft
from routing.models import Dispense, DispenseDraft, Order, OrderLine
from routing.not_supplying import not_supplied
from routing.returning import give_back
from routing.supplying import OWED_FOR
from rxcenter.errors import Invalid, NotFound, WrongState
from rxcenter.prescriptions.lifecycle import Step, move
from tests import people
from tests.routing import road
from tests.routing.road import NOON, TO_OAK, holder

pytestmark = pytest.mark.django_db
SOON = NOON + timedelta(minutes=10)


def items(*quantities):
    """Lines of a prescription with these quantities of tablets; None = not written."""
    [first] = people.document()["items"]
    return [
        {**first, "line": n, "quantity": None if q is None else {"value": q, "unit": "tablet"}}
        for n, q in enumerate(quantities, 1)
    ]


@pytest.fixture
def held(north, oak):
    """Oak holds 100 tablets and one inhaler."""
    order = road.routed(north, routing=TO_OAK, items=items(100, 1))
    return road.claimed(order, oak)


def give(made, place, *lines, at=SOON, local_id="L1", **facts):
    said = Handover(local_id, "YS1", at, list(lines) or None, **facts)
    return dispense(made.claim.pk, made.token, said, by=holder(place), at=at)


def left(made):
    return {
        row.line: (row.remaining, row.supplied) for row in OrderLine.objects.filter(order=made.claim.order)
    }


def state(made):
    return road.state(made.claim.order)


def test_S18_one_line_in_three_packs_and_no_fourth(north, oak):
    order = road.routed(north, routing=TO_OAK, items=items(50))
    made = road.claimed(order, oak)
    packs = [Supplied(1, Decimal(q), batch=b) for q, b in ((10, "A"), (20, "B"), (20, "C"))]
    with pytest.raises(refusals.OverSupply) as refused:
        give(made, oak, *packs, Supplied(1, Decimal(10)))
    assert refused.value.extra["remaining"] == "0 tablet"
    recorded = give(made, oak, *packs)
    assert [(r["quantity"], r["batch"]) for r in recorded.lines] == [("10", "A"), ("20", "B"), ("20", "C")]
    assert (state(made), left(made)) == ("completed", {1: (0, True)})


def test_S19_partial_then_the_rest_over_three_visits(held, oak):
    give(held, oak, Supplied(1, Decimal(60)), Supplied(2))
    assert (state(held), left(held)) == ("partly_supplied", {1: (40, False), 2: (0, True)})
    owed = OrderLine.objects.get(order=held.claim.order, line=1)
    assert owed.owed_until == SOON + OWED_FOR
    give(held, oak, Supplied(1, Decimal(20)), local_id="L2", at=SOON + timedelta(days=1))
    assert (state(held), road.prescription_state(held.claim.order)) == ("partly_supplied", "approved")
    give(held, oak, local_id="L3", at=SOON + timedelta(days=2))
    assert (state(held), left(held)) == ("completed", {1: (0, True), 2: (0, True)})
    assert road.prescription_state(held.claim.order) == "completed"
    assert OrderLine.objects.get(order=held.claim.order, line=1).owed_until is None


def test_S19_an_owing_without_quantity_is_recorded(held, oak):
    until = SOON + timedelta(days=3)
    made = give(held, oak, Supplied(1), Supplied(2, owed=True, owed_until=until))
    assert [r["quantity"] for r in made.lines] == ["100", "0"]
    assert (state(held), left(held)[2]) == ("partly_supplied", (1, False))
    assert OrderLine.objects.get(order=held.claim.order, line=2).owed_until == until


def test_a_line_without_written_quantity_is_handed_over_or_owed(north, oak):
    made = road.claimed(road.routed(north, routing=TO_OAK, items=items(7, None)), oak)
    give(made, oak, Supplied(1), Supplied(2, owed=True))
    assert (state(made), left(made)[2]) == ("partly_supplied", (None, False))
    give(made, oak, Supplied(2), local_id="L2")
    assert state(made) == "completed"


def test_a_line_the_patient_does_not_want_ends_without_supply(held, oak):
    give(held, oak, Supplied(1), Supplied(2, not_supplied="patient_refused"))
    assert state(held) == "completed"
    assert OrderLine.objects.get(order=held.claim.order, line=2).not_supplied == "patient_refused"


def test_after_a_part_was_handed_over_nothing_lapses_or_goes_back(held, oak):
    give(held, oak, Supplied(2))
    road.lapse(held, SOON + timedelta(days=2))
    assert state(held) == "partly_supplied"
    with pytest.raises(WrongState):
        give_back(held.claim.pk, held.token, reason="out_of_stock", by=holder(oak), at=SOON)


def test_the_database_itself_refuses_over_supply(held):
    lines = OrderLine.objects.filter(order=held.claim.order, line=1)
    for wrong in (Decimal(-1), F("authorised") + 1):
        with pytest.raises(IntegrityError), transaction.atomic():
            lines.update(remaining=wrong)


def test_nothing_is_handed_over_while_suspended(held, oak, north):
    move(Step(held.claim.order.prescription_id, "held", reason="x"), by=road.placer(north), at=SOON)
    with pytest.raises(refusals.OnHold):
        give(held, oak)
    move(Step(held.claim.order.prescription_id, "resumed"), by=road.placer(north), at=SOON)
    assert give(held, oak)


def test_a_delivery_needs_the_code_or_who_checked(north):
    oak = road.pharmacy("P0009", delivers=True)
    to = {"nominated": ["P0009"], "delivery": "delivery", "consent": True, "address": {"region": "x"}}
    order = road.routed(north, routing=to)
    made = road.claimed(order, oak)
    with pytest.raises(refusals.ProofNeeded):
        give(made, oak)
    with pytest.raises(Invalid):
        give(made, oak, override="signed_receipt")
    with pytest.raises(refusals.WrongCode):
        give(made, oak, code=road.wrong(road.code_of(order)), override="signed_receipt", checked_by="K1")
    done = give(made, oak, override="signed_receipt", checked_by="K1")
    assert done.proof == {"kind": "delivery", "code": False, "override": "signed_receipt", "checked_by": "K1"}


def test_S21_early_information_the_last_one_counts_and_a_hand_over_ends_it(held, oak, north):
    def write(quantity, place=oak):
        return draft(
            held.claim.pk,
            held.token,
            [Supplied(1, Decimal(quantity))],
            expected_at=None,
            by=holder(place),
            at=SOON,
        )

    with pytest.raises(NotFound):
        write(10, north)
    write(10)
    write(30)
    assert [d.lines[0]["quantity"] for d in DispenseDraft.objects.all()] == ["30"]
    assert left(held)[1] == (100, False)  # nothing is taken yet
    with pytest.raises(refusals.OverSupply):
        write(101)
    give(held, oak)
    assert not DispenseDraft.objects.exists()
    with pytest.raises(refusals.AlreadyDispensed):
        write(10)


def test_invariant_17_a_return_erases_the_early_information(held, oak):
    draft(held.claim.pk, held.token, None, expected_at=SOON, by=holder(oak), at=SOON)
    give_back(held.claim.pk, held.token, reason="out_of_stock", by=holder(oak), at=SOON)
    assert not DispenseDraft.objects.exists()


@pytest.fixture
def twice(held, oak):
    """60 + inhaler, then the rest: completed."""
    return held, give(held, oak, Supplied(1, Decimal(60)), Supplied(2)), give(held, oak, local_id="L2")


def back(made, dispensed, place, reason="wrong_quantity", at=SOON):
    return withdraw(dispensed.pk, made.token, reason=reason, by=holder(place), at=at)


def test_S22_amend_newest_only_and_withdraw_restores(twice, oak, elm):
    held, first, second = twice
    order = held.claim.order
    said = Handover("L1b", "YS1", SOON, [Supplied(1, Decimal(50))])
    with pytest.raises(refusals.NotLatestDispense) as refused:
        amend(first.pk, held.token, said, by=holder(oak), at=SOON)
    assert refused.value.extra["latest_id"] == str(second.pk)
    assert road.prescription_state(order) == "completed"
    back(held, second, oak)
    assert (state(held), left(held)) == ("partly_supplied", {1: (40, False), 2: (0, True)})
    assert road.prescription_state(order) == "approved"
    back(held, first, oak)
    assert (state(held), left(held)) == ("preparing", {1: (100, False), 2: (1, False)})
    with pytest.raises(refusals.WithAnotherDispenser):
        claim(order.pk, by=holder(elm), at=SOON, proven=True)  # same holder
    assert give(held, oak, local_id="L3")  # and the token is still good
    assert state(held) == "completed"
    assert "order.withdrawn_to_preparing" in road.told(order, "H0001")


def test_S22_an_amendment_replaces_the_record_and_recounts(twice, oak):
    held, _first, second = twice
    said = Handover("L2b", "YS2", SOON, [Supplied(1, Decimal(30))])
    made = amend(second.pk, held.token, said, by=holder(oak), at=SOON)
    assert (made.replaces_id, state(held), left(held)[1]) == (second.pk, "partly_supplied", (10, False))
    assert road.prescription_state(held.claim.order) == "approved"
    whole = amend(made.pk, held.token, Handover("L2c", "YS2", SOON), by=holder(oak), at=SOON)
    assert (whole.lines[0]["quantity"], state(held)) == ("40", "completed")
    assert Dispense.objects.count() == 4  # nothing is edited in place


def test_an_amendment_cannot_give_more_either(twice, oak):
    held, _first, second = twice
    with pytest.raises(refusals.OverSupply):
        amend(
            second.pk,
            held.token,
            Handover("X", "Y", SOON, [Supplied(1, Decimal(41))]),
            by=holder(oak),
            at=SOON,
        )
    assert (state(held), left(held)[1]) == ("completed", (0, True))


def test_corrections_have_a_window_a_holder_and_a_token(twice, oak, elm):
    held, _first, second = twice
    with pytest.raises(NotFound):
        back(held, second, elm)
    with pytest.raises(refusals.WrongClaimToken):
        withdraw(second.pk, "", reason="other", by=holder(oak), at=SOON)
    with pytest.raises(Invalid):
        back(held, second, oak, reason="whim")
    with pytest.raises(refusals.NotCorrectable):
        back(held, second, oak, at=second.recorded_at + WINDOW)
    assert state(held) == "completed"


def test_S23_not_supplied_ends_it_tells_the_placer_and_asks_nobody_else(north, oak, elm):
    to_both = {"nominated": ["P0001", "P0002"], "delivery": "pickup", "address": None}
    order = road.routed(north, routing=to_both)
    made = road.claimed(order, oak)
    not_supplied(made.claim.pk, made.token, reason="clinically_unsuitable", by=holder(oak), at=SOON)
    assert (state(made), road.prescription_state(order)) == ("not_supplied", "approved")
    assert road.asked(order) == [("P0001", "accepted")]
    assert road.told(order, "H0001")[-1] == "order.not_supplied"
    settle = road.waiting("settle", order.prescription_id)
    assert settle.due_at == order.expires_at  # until then the placer may route it anew
    with pytest.raises(refusals.LeaseLost):
        give(made, oak)


def test_S23_unless_the_placer_acts_it_ends_not_dispensed(north, oak):
    order = road.routed(north, routing=TO_OAK)
    made = road.claimed(order, oak)
    not_supplied(made.claim.pk, made.token, reason="has_enough", by=holder(oak), at=SOON)
    road.run(settling.work, order.prescription_id, order.expires_at - timedelta(seconds=1))
    assert road.prescription_state(order) == "approved"
    road.run(settling.work, order.prescription_id, order.expires_at)
    assert road.prescription_state(order) == "not_dispensed"


@pytest.mark.parametrize("reason", ["out_of_stock", "closed", "whim"])
def test_a_reason_about_the_pharmacy_is_a_return(held, oak, reason):
    with pytest.raises(Invalid):
        not_supplied(held.claim.pk, held.token, reason=reason, by=holder(oak), at=SOON)
    assert state(held) == "claimed"


def test_what_was_partly_handed_over_is_not_unsupplied(held, oak):
    give(held, oak, Supplied(2))
    with pytest.raises(WrongState):
        not_supplied(held.claim.pk, held.token, reason="patient_died", by=holder(oak), at=SOON)
    assert Order.objects.get().state == "partly_supplied"
