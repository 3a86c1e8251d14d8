"""The pickup page: code, second factor, status per line, another pharmacy, giving up. Nothing personal before it is proven."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from routing.dispensing import Handover, Supplied, dispense
from routing.models import Dispenser, WrongCode
from routing.pickup.entering import COOKIE, Visit, read
from routing.returning import give_back
from rxcenter.ledger.models import Event
from rxcenter.patients.models import AccessLog
from tests.routing import road
from tests.routing.road import POOL, TO_OAK, holder

pytestmark = pytest.mark.django_db
DRUG = "苯磺酸氨氯地平片"


@pytest.fixture
def order(north, oak):
    return road.routed(north, at=timezone.now(), routing=TO_OAK, patient__phone="13912345678")


@pytest.fixture
def page(client, order):
    """A browser at the first page, in Chinese."""

    class Page:
        def enter(self, code=None, number=None):
            said = {"number": number or order.prescription.number, "code": code or road.code_of(order)}
            return client.post("/pickup/", said)

        def post(self, path, **said):
            return client.post(f"/pickup/{path}", said)

        def read(self, path="status"):
            return client.get(f"/pickup/{path}")

        def known(self):
            self.enter()
            assert self.post("confirm", last_four="5678").status_code == 302
            return self.read().content.decode()

    return Page()


def test_number_and_code_show_where_and_until_when_but_no_medicine(page, order):
    assert page.enter().status_code == 302
    shown = page.read()
    text = shown.content.decode()
    code = road.code_of(order)
    assert f"{code[:3]} {code[3:6]} {code[6:]}" in text
    assert "橡树药房" in text
    assert "<svg" in text
    assert DRUG not in text
    assert "李" not in text
    assert "no-store" in shown["Cache-Control"]


@pytest.mark.parametrize("wrong", ["number", "code"])
def test_a_wrong_pair_says_the_same_whatever_is_wrong(page, order, wrong):
    code = road.code_of(order)
    answer = page.enter(road.wrong(code)) if wrong == "code" else page.enter(code, "NOBODY-1")
    assert answer.status_code == 403
    assert "取药码不正确" in answer.content.decode()
    assert COOKIE not in answer.cookies


def test_after_five_wrong_codes_even_the_right_one_is_locked_and_nobody_else_is(page, order, oak, api):
    for _ in range(5):
        page.enter(road.wrong(road.code_of(order)))
    assert "锁定" in page.enter().content.decode()
    assert WrongCode.objects.count() == 1
    assert api.claim(oak, order).status_code == 201


@pytest.mark.parametrize("said", ["5678", "4321"])
def test_the_second_factor_shows_the_medicines(page, order, said):
    page.enter()
    assert page.post("confirm", last_four="0000").status_code == 403
    identity = order.prescription.document["patient"]["id"]["system"]
    assert identity  # the document keeps no value; the sealed one ends in what the example has
    answer = page.post("confirm", last_four=said)
    if said == "5678":
        assert answer.status_code == 302
        text = page.read().content.decode()
        assert DRUG in text
        assert "口服" in text
        assert "每日1次" in text
    else:
        assert answer.status_code == 403
        assert AccessLog.objects.filter(purpose__contains="second factor", role="patient").exists()


def test_the_second_factor_is_counted_too(page, order):
    page.enter()
    for _ in range(5):
        page.post("confirm", last_four="0000")
    assert "锁定" in page.post("confirm", last_four="5678").content.decode()


def test_nothing_without_a_visit_or_with_an_altered_or_old_one(page, client, order, monkeypatch):
    for path in ("status", f"choose/{order.pk}", "cancel"):
        assert page.read(path)["Location"] == "/pickup/"
    page.enter()
    good = client.cookies[COOKIE].value
    assert read(good).orders == (order.pk,)
    assert read(good[:-1] + ("A" if good[-1] != "A" else "B")) is None
    monkeypatch.setattr("routing.pickup.entering.STAYS", timedelta(seconds=-1))
    assert read(good) is None


def test_before_the_second_factor_nothing_is_changed(page, order):
    page.enter()
    assert page.post("cancel").status_code == 302
    assert page.post(f"choose/{order.pk}", dispenser="P0001").status_code == 302
    assert (road.state(order), road.prescription_state(order)) == ("offered", "approved")


def test_of_another_order_the_page_knows_nothing(page, north, order):
    page.known()
    other = road.routed(north, at=timezone.now(), routing=TO_OAK)
    assert page.post(f"choose/{other.pk}", dispenser="P0001")["Location"] == "/pickup/status"
    assert road.state(other) == "offered"


def test_the_patient_changes_the_pharmacy_while_nobody_holds_it(page, order, elm, oak):
    assert "更换药房" in page.known()
    Dispenser.objects.filter(pk="P0002").update(hours={"mon": [["08:00", "20:00"]]})
    listed = page.read(f"choose/{order.pk}").content.decode()
    assert "药房P0002" in listed
    assert page.post(f"choose/{order.pk}", dispenser="P0002").status_code == 302
    assert road.asked(order) == [("P0001", "superseded"), ("P0002", "pending")]
    event = Event.objects.get(type="order.renominated", primary=True)
    assert event.actor.startswith("patient:")
    road.claimed(order, elm, at=timezone.now())
    late = page.post(f"choose/{order.pk}", dispenser="P0001")
    assert late.status_code == 409
    assert "药房P0002" in late.content.decode()


def test_S16_the_patient_ends_it_before_anyone_claims_it_and_not_after(page, order, oak):
    page.known()
    made = road.claimed(order, oak, at=timezone.now())
    refused = page.post("cancel")
    assert refused.status_code == 403
    assert "橡树药房" in refused.content.decode()
    assert road.state(order) == "claimed"
    give_back(made.claim.pk, made.token, reason="patient_request", by=holder(oak), at=timezone.now())
    assert page.post("cancel").status_code == 302
    assert (road.state(order), road.prescription_state(order)) == ("cancelled", "cancelled")
    assert "没有待取药品" in page.read().content.decode()


def test_S06_after_twenty_returns_the_patient_can_still_end_it(page, north, client):
    order = road.routed(north, at=timezone.now(), patient__phone="13912345678")
    client.post("/pickup/", {"number": order.prescription.number, "code": road.code_of(order)})
    for _ in range(20):
        made = road.claimed(order, north, at=timezone.now())
        assert "药房已接单" in page.read().content.decode()
        give_back(made.claim.pk, made.token, reason="patient_delayed", by=holder(north), at=timezone.now())
        assert "已通知药房" in page.read().content.decode()
    page.post("confirm", last_four="5678")
    assert page.post("cancel").status_code == 302
    assert road.prescription_state(order) == "cancelled"


def test_what_is_owed_is_said_line_by_line(page, order, oak):
    at = timezone.now()
    made = road.claimed(order, oak, at=at)
    part = Handover("L", "Y", at, [Supplied(1, Decimal(3), owed=True)])
    dispense(made.claim.pk, made.token, part, by=holder(oak), at=at)
    assert "余量待补" in page.known()
    dispense(made.claim.pk, made.token, Handover("M", "Y", at), by=holder(oak), at=at)
    text = page.read().content.decode()
    assert "已取" in text
    assert "<svg" not in text


def test_the_open_pool_says_any_pharmacy(client, north, oak):
    order = road.routed(north, at=timezone.now(), routing=POOL)
    client.post("/pickup/", {"number": order.prescription.number, "code": road.code_of(order)})
    assert "任意参与的药房" in client.get("/pickup/status").content.decode()


def test_leaving_ends_the_visit(page, client, order):
    page.known()
    page.post("leave")
    assert not client.cookies[COOKIE].value
    assert Visit((order.pk,)).known is False
