"""How long an order may be claimed, and the issues of a repeat: each with a window, a code and an end of its own."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from routing import offer_timing, refusals
from routing.claiming import claim
from routing.models import Order, OrderLine
from routing.validity import expires_at, window
from tests.routing import road
from tests.routing.road import NOON, TO_OAK, holder

SHANGHAI = ZoneInfo("Asia/Shanghai")
SOON = NOON + timedelta(minutes=5)


def test_validity_of_a_long_term_prescription_does_not_count_holidays():
    golden_week = {date(2026, 10, d) for d in range(1, 8)}
    issued = datetime(2026, 9, 29, 10, 0, tzinfo=SHANGHAI)
    assert expires_at(issued, long_term=True, holidays=golden_week) == issued + timedelta(days=14)
    assert expires_at(issued, long_term=False, holidays=golden_week) == issued + timedelta(days=3)
    for setting in ("emergency", "internet"):
        assert expires_at(issued, long_term=False, setting=setting) == issued + timedelta(days=3)


def test_a_window_opens_before_and_closes_after_a_holiday():
    golden_week = {date(2026, 10, d) for d in range(1, 8)}
    found = window(date(2026, 10, 3), date(2026, 10, 5), golden_week)
    assert found.opens_at == datetime(2026, 9, 30, tzinfo=SHANGHAI)
    assert found.expires_at == datetime(2026, 10, 9, tzinfo=SHANGHAI)


REPEAT = {
    "total": 3,
    "issues": [
        {"issue": 1, "start": "2026-11-20", "end": "2026-11-30"},
        {"issue": 2, "start": "2026-12-18", "end": "2026-12-28"},
        {"issue": 3, "start": "2027-01-15", "end": "2027-01-25"},
    ],
}


@pytest.fixture
def issues(north, oak):
    prescription = road.approved(north, routing=TO_OAK, long_term=True, repeat=REPEAT)
    road.route(prescription)
    return list(Order.objects.filter(prescription=prescription).order_by("issue"))


def test_S10_a_repeat_becomes_orders_with_windows_and_codes_of_their_own(issues):
    assert [(o.issue, o.state) for o in issues] == [(1, "offered"), (2, "scheduled"), (3, "scheduled")]
    assert [OrderLine.objects.get(order=o).authorised for o in issues] == [3, 2, 2]  # of 7
    assert len({road.code_of(o) for o in issues}) == 3
    assert issues[1].opens_at == datetime(2026, 12, 18, tzinfo=SHANGHAI)
    assert issues[1].expires_at == datetime(2026, 12, 29, tzinfo=SHANGHAI)


def test_S09_not_before_its_window(issues, oak):
    with pytest.raises(refusals.NotYetValid) as refused:
        claim(issues[1].pk, by=holder(oak), at=SOON, proven=True)
    assert refused.value.extra["valid_from"] == issues[1].opens_at.isoformat()
    road.run(offer_timing.open_window, issues[1].pk, issues[1].opens_at - timedelta(seconds=1))
    assert road.state(issues[1]) == "scheduled"
    road.run(offer_timing.open_window, issues[1].pk, issues[1].opens_at)
    assert (road.state(issues[1]), road.asked(issues[1])) == ("offered", [("P0001", "pending")])
    assert claim(issues[1].pk, by=holder(oak), at=issues[1].opens_at)


def test_an_issue_that_was_not_collected_ends_alone(issues, oak):
    for order in issues[:2]:
        road.run(offer_timing.open_window, order.pk, order.opens_at)
        road.expire(order, order.expires_at)
    assert ([road.state(o) for o in issues], road.prescription_state(issues[0])) == (
        ["expired", "expired", "scheduled"],
        "approved",
    )
    road.expire(issues[2], issues[2].expires_at)
    assert road.prescription_state(issues[0]) == "expired"


def test_X7_future_issues_are_cancelled_and_the_present_one_goes_on(issues, north):
    from routing.cancelling import Scope
    from rxcenter.api.composing import Cancel, cancel

    pk = issues[0].prescription_id
    found = cancel(pk, Cancel("duplicate", scope=Scope.FUTURE), client=north.client, at=SOON)
    assert (found.outcome, len(found.orders["cancelled"])) == ("cancelled", 2)
    assert ([road.state(o) for o in issues], road.prescription_state(issues[0])) == (
        ["offered", "cancelled", "cancelled"],
        "approved",
    )
