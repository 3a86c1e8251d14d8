"""Split, return of some lines, release of the remainder: what is authorised is conserved, each line has one place."""

from datetime import timedelta
from decimal import Decimal

import pytest

from routing import refusals
from routing.claiming import claim
from routing.closing import REMAINDER_FOR, release_remainder, release_remainder_by_supervisor
from routing.correcting import amend
from routing.dispensing import Handover, Supplied
from routing.models import Order, OrderLine
from routing.proving import find_order
from routing.readying import ready
from routing.returning import give_back_lines
from routing.splitting import split, split_by_supervisor
from routing.starting import start
from rxcenter.accounts.roles import Actor, Role
from rxcenter.errors import Forbidden, Invalid, WrongState
from rxcenter.ledger.models import Event
from tests.routing import acts, road
from tests.routing.acts import BOTH, authorised, items, lines_of, live_lines, parts
from tests.routing.road import NOON, POOL, TO_OAK, holder

pytestmark = pytest.mark.django_db
SOON = NOON + timedelta(minutes=10)
BOSS = Actor(Role.OPERATOR, "boss")
ALL = {1: Decimal(28), 2: Decimal(14), 3: Decimal(7)}


@pytest.fixture
def order(north, oak, elm):
    """Three lines, offered to Oak; Elm would be next."""
    return road.routed(north, routing=BOTH, items=items(28, 14, 7))


@pytest.fixture
def made(order, oak):
    return road.claimed(order, oak)


def part_off(made, place, lines, **more):
    more = {"reason": "out_of_stock", **more}
    return split(made.claim.pk, made.token, lines, by=holder(place), at=SOON, **more)


def hand_back(made, place, lines, **more):
    more = {"reason": "out_of_stock", **more}
    return give_back_lines(made.claim.pk, made.token, lines, by=holder(place), at=SOON, **more)


def let_go(made, place, **more):
    more = {"reason": "out_of_stock", "at": SOON, **more}
    return release_remainder(made.claim.pk, made.token, by=holder(place), **more)


def test_invariant_22_a_split_conserves_the_lines(oak, made):
    done = part_off(made, oak, [2, 3])
    assert (lines_of(done.kept), lines_of(done.part)) == ([1], [2, 3])
    assert live_lines(done.kept) == [1, 2, 3]
    assert authorised(done.kept) == ALL
    assert set(lines_of(done.kept)).isdisjoint(lines_of(done.part))
    assert (done.kept.state, done.part.state, done.part.parent_id) == ("claimed", "offered", done.kept.pk)


def test_invariant_22_parts_of_parts(oak, elm, made):
    part = part_off(made, oak, [2, 3]).part
    second = road.claimed(part, elm, SOON)
    again = part_off(second, elm, [3]).part
    assert [lines_of(o) for o in (made.claim.order, part, again)] == [[1], [2], [3]]
    assert (live_lines(part), authorised(part)) == ([1, 2, 3], ALL)
    assert again.state == "unroutable"  # Elm let it go, Oak had let it go before


def test_the_next_one_is_asked_for_the_part_and_sees_only_its_lines(oak, elm, made):
    from routing.handing import offer_answer

    part = part_off(made, oak, [2]).part
    assert road.asked(part) == [("P0002", "pending")]
    shown = offer_answer(part.offers.get())
    assert [(i["line"], i["quantity"]["value"]) for i in shown["items"]] == [(2, 14)]
    assert road.waiting("expire", part.pk).due_at == part.expires_at == made.claim.order.expires_at


def test_one_event_tells_of_it_and_the_part_begins_its_own(oak, elm, made):
    part = part_off(made, oak, [2]).part
    told = Event.objects.filter(subject=part.prescription_id, stream="H0001").order_by("-seq")[:3]
    assert [e.type for e in reversed(told)] == ["order.split", "order.created", "order.offered"]
    assert str(part.pk) in told[2].body
    assert str(made.claim.order_id) in told[1].body
    assert road.told(part, "P0002") == ["order.offered"]


def test_both_halves_are_supplied_under_one_code_and_the_prescription_ends(north, oak, elm, made):
    part = part_off(made, oak, [2, 3]).part
    code = road.code_of(made.claim.order)
    assert road.code_of(part) == code
    assert part.code_hash != made.claim.order.code_hash
    acts.give(made, oak, at=SOON)
    assert (road.state(made.claim.order), road.prescription_state(part)) == ("completed", "approved")
    acts.give(road.claimed(part, elm, SOON), elm, at=SOON)
    assert (road.state(part), road.prescription_state(part)) == ("completed", "completed")


def test_the_code_opens_the_part_that_can_be_claimed(north, oak, elm):
    order = road.routed(north, routing=POOL, items=items(28, 14))
    made = claim(order.pk, by=holder(oak), at=NOON, proven=True)
    part = part_off(made, oak, [2]).part
    code = road.code_of(order)
    assert (part.state, part.pool) == ("open", True)
    number = order.prescription.number
    assert find_order(number, code, "P0002", at=NOON) == part.pk
    claim(part.pk, by=holder(elm), at=NOON, proven=True)
    assert find_order(number, code, "P0002", at=NOON) in (part.pk, order.pk)
    acts.give(made, oak, at=NOON)
    assert find_order(number, code, "P0002", at=NOON) == part.pk


def test_the_part_knows_how_each_came_into_question(oak, made):
    ranking = [
        {"rank": 1, "dispenser": "P0001", "way": "nominated"},
        {"rank": 2, "dispenser": "P0002", "way": "pool"},
    ]
    Order.objects.filter(pk=made.claim.order_id).update(ranking=ranking)
    part = part_off(made, oak, [2]).part
    assert [row["dispenser"] for row in part.ranking] == ["P0002"]
    assert part.state == "unroutable"  # of the pool, without the patient's consent
    assert part.why_not["P0002"] == ["no_consent"]


def test_the_holder_may_want_it_back(oak, made):
    assert road.asked(part_off(made, oak, [2], offer_to_me=True).part) == [("P0001", "pending")]


def test_without_anybody_else_the_placer_is_told(north, oak):
    made = road.claimed(road.routed(north, routing=TO_OAK, items=items(28, 14)), oak)
    part = part_off(made, oak, [2]).part
    assert (part.state, road.told(part, "H0001")[-1]) == ("unroutable", "order.unroutable")
    acts.give(made, oak, at=SOON)
    road.expire(part, part.expires_at)
    assert (road.state(part), road.prescription_state(part)) == ("expired", "completed")


@pytest.mark.parametrize(
    ("lines", "refusal"),
    [([], Invalid), ([1, 2, 3], Invalid), ([4], Invalid), ([2, 2], Invalid)],
)
def test_lines_that_cannot_be_split_off(oak, made, lines, refusal):
    with pytest.raises(refusal):
        part_off(made, oak, lines)
    assert (parts(made.claim.order), lines_of(made.claim.order)) == ([], [1, 2, 3])


def test_a_coded_reason_is_needed(oak, made):
    with pytest.raises(Invalid):
        part_off(made, oak, [2], reason="because")


def test_what_was_begun_is_not_split(oak, made):
    acts.give(made, oak, Supplied(2, Decimal(4)), at=SOON)
    with pytest.raises(WrongState):
        part_off(made, oak, [1])
    OrderLine.objects.filter(order=made.claim.order, line=2).update(supplied=False)
    with pytest.raises(refusals.AlreadySupplied) as refused:
        from django.db import transaction

        from routing.parting import chosen

        with transaction.atomic():
            chosen(made.claim.order, [1, 2])
    assert refused.value.extra["lines"] == [2]


def test_after_the_time_is_over_nobody_else_could_claim_it(oak, made):
    late = made.claim.order.expires_at
    with pytest.raises(refusals.PrescriptionExpired):
        split(made.claim.pk, made.token, [2], reason="out_of_stock", by=holder(oak), at=late)


def test_not_while_a_cancel_waits(oak, made):
    Order.objects.update(cancel_requested=True)
    with pytest.raises(refusals.CancelPending):
        part_off(made, oak, [2])
    with pytest.raises(refusals.CancelPending):
        hand_back(made, oak, [2])
    with pytest.raises(refusals.CancelPending):
        split_by_supervisor(made.claim.order_id, [2], reason="closed", by=BOSS, at=SOON)


def test_a_supervisor_splits_a_waiting_and_a_held_order(oak, elm, order):
    first = split_by_supervisor(order.pk, [3], reason="patient_request", by=BOSS, at=NOON)
    assert (first.part.state, road.asked(first.part)) == ("offered", [("P0001", "pending")])
    made = road.claimed(order, oak)
    second = split_by_supervisor(order.pk, [2], reason="out_of_stock", by=BOSS, at=NOON)
    assert road.asked(second.part) == [("P0002", "pending")]
    assert (live_lines(order), authorised(order)) == ([1, 2, 3], ALL)
    assert acts.fresh(made).state == "open"
    with pytest.raises(Forbidden):
        split_by_supervisor(order.pk, [1], reason="closed", by=holder(oak), at=NOON)


def test_a_line_without_a_written_quantity_moves_whole(north, oak, elm):
    made = road.claimed(road.routed(north, routing=BOTH, items=items(7, None)), oak)
    part = part_off(made, oak, [2]).part
    [row] = part.lines.all()
    assert (row.line, row.authorised, row.remaining) == (2, None, None)


def test_returning_some_lines_is_a_split(oak, elm, made):
    start(made.claim.pk, made.token, by=holder(oak), at=NOON)
    ready(made.claim.pk, made.token, by=holder(oak), at=NOON)
    done = hand_back(made, oak, [2])
    assert done.kept == made.claim.order
    assert (lines_of(done.kept), lines_of(done.order), road.asked(done.order)) == (
        [1, 3],
        [2],
        [("P0002", "pending")],
    )
    assert (road.state(done.kept), acts.fresh(made).state) == ("ready", "open")


def test_a_line_claimed_by_mistake_may_come_back(oak, made):
    done = hand_back(made, oak, [2], reason="claimed_by_mistake")
    assert road.asked(done.order) == [("P0001", "pending")]


@pytest.mark.parametrize("lines", [None, [3, 1, 2]])
def test_returning_all_lines_is_a_return(oak, elm, made, lines):
    done = hand_back(made, oak, lines)
    assert (done.kept, parts(made.claim.order), acts.fresh(made).state) == (None, [], "returned")
    assert road.asked(done.order) == [("P0001", "accepted"), ("P0002", "pending")]


def test_the_remainder_goes_to_somebody_else_and_the_sum_stays(oak, elm, made):
    acts.give(made, oak, Supplied(1, Decimal(10)), Supplied(2), at=SOON)
    before = authorised(made.claim.order)
    done = let_go(made, oak)
    assert (done.order.state, acts.fresh(made).state, done.part.state) == (
        "completed",
        "completed",
        "offered",
    )
    rest = {row.line: (row.authorised, row.remaining) for row in done.part.lines.all()}
    assert rest == {1: (18, 18), 3: (7, 7)}
    kept = {row.line: (row.authorised, row.remaining) for row in done.order.lines.all()}
    assert kept == {1: (10, 0), 2: (14, 0)}
    assert authorised(done.order) == before == ALL
    assert live_lines(done.order) == [1, 3]
    assert road.prescription_state(done.order) == "approved"
    acts.give(road.claimed(done.part, elm, SOON), elm, at=SOON)
    assert road.prescription_state(done.order) == "completed"


def test_the_remainder_has_time_of_its_own(oak, made):
    acts.give(made, oak, Supplied(1, Decimal(10)), at=SOON)
    late = made.claim.order.expires_at + timedelta(days=9)
    part = let_go(made, oak, at=late).part
    assert part.expires_at == late + REMAINDER_FOR
    assert road.waiting("expire", part.pk).due_at == part.expires_at


def test_a_remainder_nobody_takes_ends_and_the_prescription_counts_as_dispensed(oak, made):
    acts.give(made, oak, Supplied(1, Decimal(10)), at=SOON)
    part = let_go(made, oak).part
    road.expire(part, part.expires_at)
    assert (road.state(part), road.prescription_state(part)) == ("expired", "completed")


def test_what_went_elsewhere_is_not_corrected_here_any_more(oak, made):
    given = acts.give(made, oak, Supplied(1, Decimal(10)), at=SOON)
    let_go(made, oak)
    with pytest.raises(refusals.NotCorrectable):
        amend(given.pk, made.token, Handover("L2", "YS1", SOON), by=holder(oak), at=SOON)
    assert authorised(made.claim.order) == ALL


def test_only_a_partly_supplied_order_has_a_remainder(oak, made):
    with pytest.raises(WrongState):
        let_go(made, oak)
    acts.give(made, oak, at=SOON)
    with pytest.raises(refusals.AlreadyDispensed):
        let_go(made, oak)


def test_a_supervisor_lets_go_what_is_owed_for_too_long(oak, elm, made):
    acts.give(made, oak, Supplied(1, Decimal(10)), at=SOON)
    done = release_remainder_by_supervisor(made.claim.order_id, reason="stale", by=BOSS, at=SOON)
    assert (done.order.state, road.asked(done.part)) == ("completed", [("P0002", "pending")])
    with pytest.raises(WrongState):
        release_remainder_by_supervisor(made.claim.order_id, reason="stale", by=BOSS, at=SOON)


def test_wrong_codes_are_not_forgotten_by_parting(oak, made):
    Order.objects.filter(pk=made.claim.order_id).update(wrong_codes=4)
    assert part_off(made, oak, [2]).part.wrong_codes == 4
