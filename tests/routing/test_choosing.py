"""Who is asked next and when: ranking, stock, hours, time-outs, nomination, issues with windows."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from routing import hours, offer_timing, refusals
from routing.choose import Standing, Stock, choose, rank_pool
from routing.claiming import claim
from routing.declining import answer_stock, decline
from routing.dispensing import Handover, dispense
from routing.eligible import Candidate, Need
from routing.models import Closure, Dispenser, Offer, OrderLine, StockItem
from routing.nominating import nominate
from routing.not_supplying import not_supplied
from routing.offering import OFFER_TIMEOUT
from routing.splitting import split
from routing.stocking import Declared, declared, report, wanted
from rxcenter.errors import Invalid
from tests.routing import acts, road
from tests.routing.road import NOON, POOL, TO_OAK, holder, placer

SHANGHAI = ZoneInfo("Asia/Shanghai")
SATURDAY = datetime(2026, 11, 21, 12, 0, tzinfo=SHANGHAI)  # NOON, as the region reads it
WEEK = {"mon": [["08:00", "12:00"], ["14:00", "20:00"]], "sat": [["09:00", "13:00"]]}
SOON = NOON + timedelta(minutes=5)
AWAY = {"nominated": [], "delivery": "delivery", "consent": True, "address": {"region": "x"}}


@pytest.mark.parametrize(
    "at, closed, opens",
    [
        ("2026-11-21T12:00", [], "2026-11-21T12:00"),  # open now
        ("2026-11-21T13:00", [], "2026-11-23T08:00"),  # it closes at this moment
        ("2026-11-23T12:30", [], "2026-11-23T14:00"),  # between two spans
        ("2026-11-23T07:59", [date(2026, 11, 23)], "2026-11-28T09:00"),  # closed that day
    ],
)
def test_the_next_opening(at, closed, opens):
    found = hours.opens_at(WEEK, closed, datetime.fromisoformat(at).replace(tzinfo=SHANGHAI))
    assert found == datetime.fromisoformat(opens).replace(tzinfo=SHANGHAI)


def test_undeclared_hours_and_a_month_of_holidays_have_no_next_opening():
    assert hours.opens_at({}, [], SATURDAY) is None
    assert hours.opens_at(WEEK, [SATURDAY.date() + timedelta(days=n) for n in range(40)], SATURDAY) is None


@pytest.mark.parametrize(
    "wrong",
    ["x", {"monday": []}, {"mon": [["8:00", "12:00"]]}, {"mon": [["12:00", "08:00"]]}, {"mon": [["25:00", "26:00"]]},
     {"mon": [["08:00", "12:00"], ["11:00", "13:00"]]}, {"mon": "08:00"}],
)  # fmt: skip
def test_hours_in_another_form_are_refused(wrong):
    with pytest.raises(Invalid):
        hours.checked(wrong)


def ranked(**standings):
    need = Need(own="H", groups=frozenset(), consent=True, insurance=True)
    rows = rank_pool(need, [Candidate(code, in_pool=True) for code in standings], standings)
    return [(r.code, r.behind) for r in rows]


def test_each_criterion_decides_where_the_ones_before_it_are_equal():
    good = {"stock": Stock.ENOUGH, "insurance": True, "wait": 0, "distance_km": Decimal(1), "declines": 0}
    made = {
        "a": Standing(**good),
        "b": Standing(**good | {"declines": 2}),
        "c": Standing(**good | {"distance_km": Decimal(3)}),
        "d": Standing(**good | {"distance_km": None}),
        "e": Standing(**good | {"wait": 60}),
        "f": Standing(**good | {"wait": None}),
        "g": Standing(**good | {"insurance": False}),
        "h": Standing(**good | {"stock": Stock.UNKNOWN}),
        "i": Standing(**good | {"stock": Stock.PARTLY}),
        "j": Standing(**good | {"stock": Stock.NONE}),
    }
    assert ranked(**dict(reversed(made.items()))) == [
        ("a", ""), ("b", "declines"), ("c", "distance"), ("d", "distance"), ("e", "hours"), ("f", "hours"),
        ("g", "insurance"), ("h", "stock"), ("i", "stock"),
    ]  # fmt: skip


def test_the_pool_is_ranked_for_deliveries_and_left_open_for_pickups():
    near = Candidate("P1", in_pool=True, delivers=True)
    need = Need(own="H", groups=frozenset(), consent=True)
    assert choose(need, [], {}, [near]).ranked == ()
    away = Need(own="H", groups=frozenset(), consent=True, delivery=True)
    assert (choose(away, [], {}, [near]).ranked, choose(away, [], {}, [near]).pool) == (("P1",), True)


@pytest.fixture
def document(db):
    from tests import people

    return people.document()


def stock(place, quantity, as_of=NOON, name="苯磺酸氨氯地平片", strength="", complete=False, unit="tablet"):
    item = Declared(None, name, strength, None if quantity is None else Decimal(quantity), unit)
    return report(place.code, [item], as_of=as_of, complete=complete, at=as_of)


@pytest.mark.parametrize(
    "quantity, strength, unit, answer",
    [
        (7, "5mg", "tablet", Stock.ENOUGH),
        (6, "5 mg", "tablet", Stock.NONE),
        (None, "", "", Stock.ENOUGH),
        (1, "5 mg", "box", Stock.ENOUGH),  # not comparable: some
        (0, "5 mg", "tablet", Stock.NONE),
        (100, "10 mg", "tablet", Stock.UNKNOWN),  # another strength says nothing
    ],
)
def test_what_a_declaration_says_about_a_prescription(oak, document, quantity, strength, unit, answer):
    stock(oak, quantity, strength=strength, unit=unit)
    assert declared(["P0001"], wanted(document), at=SOON) == {"P0001": answer}


def test_names_of_stock_are_compared_exactly(oak, document):
    stock(oak, 100, name="氨氯地平")
    assert declared(["P0001"], wanted(document), at=SOON)["P0001"] is Stock.UNKNOWN
    assert declared(["P0001"], wanted(document), at=NOON + timedelta(days=2))["P0001"] is Stock.UNKNOWN


def test_older_stock_never_replaces_newer_and_a_complete_feed_ends_what_it_does_not_name(oak):
    assert stock(oak, 5, as_of=SOON) == 1
    assert stock(oak, 9, as_of=NOON) == 0
    assert StockItem.objects.get().quantity == 5
    stock(oak, 1, as_of=SOON + timedelta(minutes=1), name="其他", complete=True)
    assert [s.article for s in StockItem.objects.all()] == ["其他"]


@pytest.fixture
def three(north):
    """Three pharmacies that deliver; P0011 has it, P0012 has not said, P0013 says it has none."""
    made = [road.pharmacy(f"P001{n}", in_pool=True, delivers=True) for n in (3, 2, 1)]
    stock(made[2], 100)
    stock(made[0], 0)
    return made


def test_a_delivery_is_offered_to_the_best_of_the_pool_and_the_rest_is_explained(north, three):
    order = road.routed(north, routing=AWAY)
    assert order.ranked == ["P0011", "P0012"]
    assert [(r["rank"], r["dispenser"], r["stock"], r["behind"]) for r in order.ranking] == [
        (1, "P0011", "enough", ""),
        (2, "P0012", "unknown", "stock"),
    ]
    assert road.asked(order) == [("P0011", "pending")]
    assert Offer.objects.get(order=order).due_at == NOON + OFFER_TIMEOUT


def time_out(order, at):
    road.run(offer_timing.time_out, order.pk, at)


def test_no_answer_in_time_asks_the_next_and_at_last_opens_it(north, three):
    order = road.routed(north, routing=AWAY)
    time_out(order, NOON + OFFER_TIMEOUT - timedelta(seconds=1))
    assert road.asked(order) == [("P0011", "pending")]
    time_out(order, NOON + OFFER_TIMEOUT)
    assert road.asked(order) == [("P0011", "timed_out"), ("P0012", "pending")]
    assert "order.offer_timed_out" in road.told(order, "P0011")
    time_out(order, NOON + 2 * OFFER_TIMEOUT)  # the first is asked once more before it is open to all
    assert road.asked(order)[2] == ("P0011", "pending")
    decline(Offer.objects.get(order=order, state="pending").pk, reason="closed", by=holder(three[2]), at=SOON)
    time_out(order, NOON + 4 * OFFER_TIMEOUT)


def test_the_only_one_who_was_named_is_not_given_up(north, oak):
    order = road.routed(north, routing=TO_OAK)
    assert Offer.objects.get(order=order).due_at is None
    time_out(order, NOON + timedelta(days=2))
    assert road.asked(order) == [("P0001", "pending")]


def test_outside_opening_hours_the_time_counts_from_the_next_opening(north, oak, elm):
    Dispenser.objects.filter(pk="P0001").update(hours={"mon": [["08:00", "18:00"]]})
    order = road.routed(
        north, routing={"nominated": ["P0001", "P0002"], "delivery": "pickup", "address": None}
    )
    monday = datetime(2026, 11, 23, 8, 0, tzinfo=SHANGHAI)
    assert Offer.objects.get(order=order).due_at == monday + OFFER_TIMEOUT
    Closure.objects.create(first=date(2026, 11, 23), last=date(2026, 11, 23))
    again = road.routed(
        north, routing={"nominated": ["P0001", "P0002"], "delivery": "pickup", "address": None}
    )
    assert (
        Offer.objects.get(order=again).due_at == again.expires_at
    )  # never later than the prescription itself


def test_stock_is_answered_before_any_claim_and_none_asks_the_next(north, oak, elm):
    order = road.routed(
        north, routing={"nominated": ["P0001", "P0002"], "delivery": "pickup", "address": None}
    )
    offer = Offer.objects.get(order=order)
    answer_stock(offer.pk, answer="next_day", by=holder(oak), at=SOON)
    offer.refresh_from_db()
    assert (offer.stock, offer.state, road.told(order, "H0001")[-1]) == (
        "next_day",
        "pending",
        "order.stock_answered",
    )
    answer_stock(offer.pk, answer="not_available", by=holder(oak), at=SOON)
    assert road.asked(order) == [("P0001", "declined"), ("P0002", "pending")]


def test_the_placer_names_others_before_the_claim(north, oak, elm):
    order = road.routed(north, routing=TO_OAK)
    nominate(order.pk, ["P0002"], by=placer(north), at=SOON)
    assert road.asked(order) == [("P0001", "superseded"), ("P0002", "pending")]
    claim(order.pk, by=holder(elm), at=SOON)
    with pytest.raises(refusals.Claimed) as refused:
        nominate(order.pk, ["P0001"], by=placer(north), at=SOON)
    assert refused.value.extra["holder"]["code"] == "P0002"


@pytest.mark.parametrize("target, reason", [("P9999", "unknown"), ("P0002", "inactive")])
def test_S12_an_unreachable_target_is_refused_and_the_order_stays_as_it_was(north, oak, elm, target, reason):
    Dispenser.objects.filter(pk="P0002").update(active=False)
    order = road.routed(north, routing=TO_OAK)
    with pytest.raises(refusals.TargetUnreachable) as refused:
        nominate(order.pk, ["P0001", target], by=placer(north), at=SOON)
    assert (refused.value.extra["target"], refused.value.extra["reasons"]) == (target, [reason])
    assert (road.state(order), road.asked(order)) == ("offered", [("P0001", "pending")])


def test_S12_what_stays_in_house_cannot_be_named_away(north, oak):
    Dispenser.objects.filter(pk="H0001").update(licences=["narcotic"])
    order = road.routed(north, groups=["narcotic"])
    with pytest.raises(refusals.TargetUnreachable):
        nominate(order.pk, ["P0001"], by=placer(north), at=SOON)


def test_S12_what_has_ended_cannot_be_routed(north, oak):
    order = road.routed(north, routing=TO_OAK)
    road.expire(order, order.expires_at)
    with pytest.raises(refusals.PrescriptionExpired):
        nominate(order.pk, ["P0001"], by=placer(north), at=SOON)


def test_S23_the_placer_routes_anew_what_was_not_supplied(north, oak, elm):
    order = road.routed(north, routing=TO_OAK)
    made = road.claimed(order, oak)
    not_supplied(made.claim.pk, made.token, reason="prescription_error", by=holder(oak), at=SOON)
    anew = nominate(order.pk, ["P0002"], by=placer(north), at=SOON)
    assert (anew.parent_id, road.state(anew), road.asked(anew)) == (
        order.pk,
        "offered",
        [("P0002", "pending")],
    )
    sums = OrderLine.objects.filter(prescription=order.prescription_id).values_list("authorised", flat=True)
    assert sum(sums) == 7
    with pytest.raises(refusals.OfferSuperseded):
        nominate(order.pk, ["P0002"], by=placer(north), at=SOON)
    held = claim(anew.pk, by=holder(elm), at=SOON)
    dispense(held.claim.pk, held.token, Handover("L", "Y", SOON), by=holder(elm), at=SOON)
    assert road.prescription_state(order) == "completed"


def test_pool_orders_for_pickup_are_open_to_the_code(north, oak):
    order = road.routed(north, routing=POOL)
    assert (order.state, order.pool, order.ranked) == ("open", True, [])


def test_S23_what_is_left_after_a_split_is_routed_anew_too(north, oak, elm):
    """The part that went elsewhere is no second routing of what stayed; what was routed anew is not routed twice."""
    order = road.routed(north, routing=acts.BOTH, items=acts.items(10, 20))
    made = road.claimed(order, oak)
    part = split(made.claim.pk, made.token, [2], reason="out_of_stock", by=holder(oak), at=NOON).part
    not_supplied(made.claim.pk, made.token, reason="prescription_error", by=holder(oak), at=SOON)
    anew = nominate(order.pk, ["P0002"], by=placer(north), at=SOON)
    assert [acts.lines_of(o) for o in (part, anew)] == [[2], [1]]
    with pytest.raises(refusals.OfferSuperseded):
        nominate(order.pk, ["P0002"], by=placer(north), at=SOON)
