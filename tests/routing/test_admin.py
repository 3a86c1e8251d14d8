"""Register and orders in the admin: operators keep the register, regulators look, nobody else sees it."""

import pytest
from django.utils import timezone

from routing.models import Dispenser
from rxcenter.accounts.roles import Role
from tests import people
from tests.routing import road

pytestmark = pytest.mark.django_db
REGISTER, ORDERS = "/admin/routing/dispenser/", "/admin/routing/order/"


@pytest.fixture
def north():
    place = people.north()
    road.dispenser(place)
    return place


@pytest.fixture
def signed_in(client):
    def as_role(role, at=None):
        client.force_login(people.staff(f"a-{role}", role, at))
        return client

    return as_role


def test_an_operator_registers_a_dispenser(signed_in, north):
    operator = signed_in(Role.OPERATOR)
    oak = people.oak()
    form = {
        "institution": oak.code, "active": "on", "in_pool": "on", "licences": "herbal,injection",
        "delivery_regions": "", "phone": "1", "address": "橡树路",
    }  # fmt: skip
    answer = operator.post(f"{REGISTER}add/", form)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    made = Dispenser.objects.get(pk=oak.code)
    assert (made.in_pool, made.licences, made.delivery_regions) == (True, ["herbal", "injection"], [])


def test_a_misspelt_licence_is_refused_in_words(signed_in, north):
    operator = signed_in(Role.OPERATOR)
    answer = operator.post(f"{REGISTER}H0001/change/", {"active": "on", "licences": "herbals"})
    assert answer.status_code == 200
    assert "herbals" in answer.content.decode()
    assert Dispenser.objects.get(pk=north.code).licences == []


def test_a_regulator_looks_and_changes_nothing(signed_in, north):
    order = road.routed(north, at=timezone.now())
    road.claimed(order, north, timezone.now())
    regulator = signed_in(Role.REGULATOR)
    page = regulator.get(ORDERS).content.decode()
    assert order.prescription.number in page
    assert "北方医院" in page
    page = regulator.get(f"{ORDERS}{order.pk}/change/").content.decode()
    assert "已接单" in page
    assert "李秀英" not in page
    assert road.code_of(order) not in page
    assert regulator.get(f"{REGISTER}add/").status_code == 403
    assert regulator.post(f"{ORDERS}{order.pk}/change/", {"state": "open"}).status_code == 403
    assert road.state(order) == "claimed"


def test_reasons_are_shown_in_words(signed_in, north):
    order = road.routed(people.cloud(), at=timezone.now())
    page = signed_in(Role.REGULATOR).get(f"{ORDERS}{order.pk}/change/").content.decode()
    assert "N0003: 登记册中没有该调配机构" in page


@pytest.mark.parametrize("role", [Role.PHARMACIST, Role.DISPENSER])
def test_nobody_else_sees_it(signed_in, north, role):
    someone = signed_in(role, north)
    assert someone.get(REGISTER).status_code == 403
    assert someone.get(ORDERS).status_code == 403
