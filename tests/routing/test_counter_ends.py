"""A claim at the counter that ends otherwise: given back, passed on, not supplied, cancelled, delivered."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from routing.cancelling import cancel_orders
from routing.claiming import claim
from routing.models import SecondReview, Transfer
from rxcenter.accounts.roles import Role
from rxcenter.ledger.recording import transaction
from rxcenter.prescriptions.lifecycle import lock
from tests import people
from tests.routing import acts, road
from tests.routing.counter import COUNTER, Counter, give, pack, text_of
from tests.routing.road import holder

pytestmark = pytest.mark.django_db


# ---- giving away


@pytest.fixture
def three(north, oak, elm):
    """Three lines, offered to Oak, then to Elm; Oak has it."""
    made = road.routed(north, at=timezone.now(), routing=acts.BOTH, items=acts.items(10, 20, 30))
    return claim(made.pk, by=holder(oak), at=timezone.now()).claim


def test_all_of_it_is_given_back(at_oak, three):
    answer = at_oak.act(three, "return", reason="out_of_stock", lines=["1", "2", "3"])
    assert answer["Location"] == COUNTER
    assert road.asked(three.order)[-1] == ("P0002", "pending")


def test_one_line_goes_elsewhere_the_others_stay(at_oak, three):
    at_oak.act(three, "return", reason="out_of_stock", lines=["2"])
    assert acts.lines_of(three.order) == [1, 3]
    assert road.state(three.order) == "claimed"
    assert "另一部分" in at_oak.sheet(three)


def test_a_reason_and_a_line_are_needed(at_oak, three):
    for sent in ({"lines": ["1"]}, {"reason": "out_of_stock"}):
        answer = at_oak.act(three, "return", **sent)
        assert answer.status_code == 422
        assert re.search(r'id="rc-return"[^>]* data-shown', text_of(answer))


def test_passing_on_and_keeping_after_all(at_oak, three):
    assert "P0002" in at_oak.sheet(three)
    at_oak.act(three, "transfer", to="P0002", reason="patient_request")
    assert Transfer.objects.get().state == "pending"
    assert "药房P0002" in at_oak.sheet(three)
    at_oak.act(three, "take-back")
    assert Transfer.objects.get().state == "withdrawn"


def test_the_rest_is_let_go(at_oak, three):
    give(at_oak, three, pack(qty="10"), pack(1, 2, "5", rest="owed"), pack(2, 3, "0", rest="owed"))
    at_oak.act(three, "rest", reason="out_of_stock")
    [part] = acts.parts(three.order)
    assert (road.state(three.order), acts.lines_of(part)) == ("completed", [2, 3])


def test_not_supplied_tells_the_prescriber(at_oak, mine, order):
    at_oak.act(mine, "not-supplied", reason="prescription_error")
    assert road.state(order) == "not_supplied"
    assert at_oak.act(mine, "not-supplied", reason="prescription_error").status_code == 409


# ---- cancel, second review, delivery


@pytest.fixture
def asked_back(mine, order, north):
    with transaction():
        row = lock([order.prescription_id])[order.prescription_id]
        cancel_orders(row, reason="prescribing_error", by=road.placer(north), at=timezone.now())
    return mine


def test_a_cancel_stands_on_top_and_nothing_goes_out(at_oak, asked_back, order):
    page = at_oak.page()
    assert page.index("rc-cancel") < page.index("rc-offers")
    assert "开方错误" in page
    page = at_oak.sheet(asked_back)
    assert "act/hand-over/" not in page
    assert give(at_oak, asked_back).status_code == 409
    assert road.state(order) == "claimed"
    at_oak.act(asked_back, "accept-cancel")
    assert road.state(order) == "cancelled"


def test_a_cancel_is_refused_by_what_was_handed_over_before(at_oak, asked_back, order):
    answer = give(at_oak, asked_back, act="refuse-cancel")
    assert answer.status_code == 422
    assert "rc-when-said" in text_of(answer)
    later = (timezone.localtime() + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M")
    assert give(at_oak, asked_back, act="refuse-cancel", handed_at=later).status_code == 422
    before = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    assert give(at_oak, asked_back, act="refuse-cancel", handed_at=before).status_code == 302
    assert road.state(order) == "completed"


@pytest.fixture
def at_south(client, north):
    """A community centre that executes what hospitals prescribe, and what it holds."""
    south = people.south()
    road.dispenser(south, delivers=True)
    routing = {
        "nominated": ["C0002"],
        "delivery": "delivery",
        "consent": True,
        "address": {"region": "金凤区"},
    }
    made = road.routed(north, at=timezone.now(), routing=routing)
    counter = Counter(client, people.staff("su", Role.DISPENSER, south))
    return counter, claim(made.pk, by=holder(south), at=timezone.now()).claim


def test_a_receiving_centre_reviews_first_and_delivers(at_south):
    counter, made = at_south
    assert 'rc-send" disabled' in counter.sheet(made)
    assert give(counter, made).status_code == 409
    counter.act(made, "review", reviewer="YS5", reason="dose")
    assert "疑问" in counter.sheet(made)
    counter.act(made, "review", reviewer="YS5", reason="")
    assert [r.verdict for r in SecondReview.objects.order_by("pk")] == ["queried", "agreed"]
    counter.act(made, "ready")
    missing = counter.act(made, "dispatch", courier="SF")
    assert missing.status_code == 422
    assert 'value="SF"' in text_of(missing)
    counter.act(made, "dispatch", courier="SF", consignment="SF100")
    assert road.state(made.order) == "in_transit"
    counter.act(made, "failed", reason="nobody_there")
    assert road.state(made.order) == "ready"
    assert "SF100" in counter.sheet(made)
