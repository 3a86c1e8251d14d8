"""The supervisor's list and its actions: who may, with which reason, and what each person is told."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from routing.models import Order, ReleaseRequest
from routing.readying import ready
from rxcenter.accounts.roles import Role
from tests import people
from tests.routing import acts, road
from tests.routing.road import holder

pytestmark = pytest.mark.django_db
REGISTER, ORDERS = "/admin/routing/dispenser/", "/admin/routing/order/"


@pytest.fixture
def made(north, oak, elm):
    now = timezone.now()
    return road.claimed(road.routed(north, at=now, routing=acts.BOTH), oak, now)


@pytest.fixture
def signed_in(client):
    def as_role(role, name=None, at=None):
        client.force_login(people.staff(name or f"a-{role}", role, at))
        return client

    return as_role


def act(client, page, pk, reason="holder_closed"):
    answer = client.post(page, {"action": "release", "reason": reason, "_selected_action": [str(pk)]})
    return answer, [str(m) for m in get_messages(answer.wsgi_request)]


def test_an_operator_takes_an_order_from_its_holder(signed_in, made):
    _answer, said = act(signed_in(Role.OPERATOR), ORDERS, made.claim.order_id)
    assert said == ["已释放 1 张流转单。"]
    assert road.asked(made.claim.order)[-1] == ("P0002", "pending")
    assert acts.fresh(made).reason == "holder_closed"


def test_packed_goods_wait_for_a_second_person(signed_in, oak, made):
    ready(made.claim.pk, made.token, by=holder(oak), at=timezone.now())
    order = made.claim.order
    operator = signed_in(Role.OPERATOR, "anna")
    _answer, said = act(operator, ORDERS, order.pk)
    assert "另一人" in said[0]
    assert "anna (holder_closed)" in operator.get(f"{ORDERS}{order.pk}/change/").content.decode()
    _answer, said = act(operator, ORDERS, order.pk)
    assert order.prescription.number in said[0]
    assert road.state(order) == "ready"
    _answer, said = act(signed_in(Role.REGULATOR, "ben"), ORDERS, order.pk)
    assert said[-1] == "已释放 1 张流转单。"
    kept = ReleaseRequest.objects.get()
    assert (kept.asked_by, kept.confirmed_by, road.state(order)) == ("anna", "ben", "offered")


@pytest.mark.parametrize(("reason", "told"), [("", "请在操作旁选择原因。"), ("because", "未选择动作")])
def test_without_a_reason_of_the_list_nothing_happens(signed_in, made, reason, told):
    _answer, said = act(signed_in(Role.OPERATOR), ORDERS, made.claim.order_id, reason)
    assert said == [told]
    assert road.state(made.claim.order) == "claimed"


@pytest.mark.parametrize("page", [ORDERS, REGISTER])
def test_the_page_offers_action_and_reasons(signed_in, made, page):
    text = signed_in(Role.OPERATOR).get(page).content.decode()
    assert 'value="release"' in text
    assert "调配机构停业" in text


@pytest.mark.parametrize("role", [Role.PHARMACIST, Role.DISPENSER])
def test_nobody_else_may(signed_in, north, made, role):
    client = signed_in(role, at=north)
    for page, pk in ((ORDERS, made.claim.order_id), (REGISTER, "P0001")):
        assert (
            client.post(
                page, {"action": "release", "reason": "other", "_selected_action": [str(pk)]}
            ).status_code
            == 403
        )
    assert road.state(made.claim.order) == "claimed"


def test_a_closed_pharmacy_is_emptied(signed_in, north, oak, elm, made):
    offered = road.routed(north, at=timezone.now(), routing=acts.BOTH)
    _answer, said = act(signed_in(Role.OPERATOR), REGISTER, "P0001")
    assert said[0] == "橡树药房 (P0001):释放 1 张,转出推送 1 张,需复查 0 张。"
    assert "仍在服务中" in said[1]
    assert (road.state(made.claim.order), road.asked(offered)[-1]) == ("offered", ("P0002", "pending"))


def test_the_supervisors_list_begins_with_what_stands_still_longest(signed_in, north, made):
    now = timezone.now()
    numbers = []
    for days in (1, 9, 4):
        order = road.routed(north, at=now)
        Order.objects.filter(pk=order.pk).update(stale=True, state_since=now - timedelta(days=days))
        numbers.append(order.prescription.number)
    text = signed_in(Role.REGULATOR).get(f"{ORDERS}?stale__exact=1").content.decode()
    assert made.claim.order.prescription.number not in text
    places = [text.index(n) for n in numbers]
    assert places[1] < places[2] < places[0]


def test_lines_and_parts_are_shown(signed_in, north, oak, elm):
    from routing.splitting import split

    now = timezone.now()
    made = road.claimed(road.routed(north, at=now, routing=acts.BOTH, items=acts.items(28, 14)), oak, now)
    split(made.claim.pk, made.token, [2], reason="out_of_stock", by=holder(oak), at=now)
    text = signed_in(Role.OPERATOR).get(f"{ORDERS}{made.claim.order_id}/change/").content.decode()
    assert "1: 28/28 tablet" in text
    assert "2: 14/14" not in text
