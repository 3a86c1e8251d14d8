"""The dispensers' counter in the admin: who sees what, offers, scans, and how often the database is asked."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from routing.claiming import claim
from routing.models import Claim, Offer, Order, Transfer
from routing.transferring import ask_transfer
from rxcenter.accounts.roles import Role
from tests import people
from tests.routing import road
from tests.routing.counter import COUNTER, NAME, Counter, give, held, pack, qr, text_of
from tests.routing.road import TO_OAK, holder

pytestmark = pytest.mark.django_db


# ---- who


@pytest.mark.parametrize("role", [Role.PHARMACIST, Role.CHIEF, Role.REGULATOR, Role.OPERATOR])
def test_nobody_but_dispensers_stands_at_the_counter(client, oak, order, role):
    client.force_login(people.staff("x", role))
    assert client.get(COUNTER).status_code == 403
    assert client.post(f"{COUNTER}scan/", {"scan": qr(order)}).status_code == 403
    assert "routing/claim" not in client.get("/admin/").content.decode()
    assert not Claim.objects.exists()


def test_a_dispenser_of_the_whole_region_has_no_counter(client, oak, order):
    client.force_login(people.staff("x", Role.DISPENSER))
    assert client.get(COUNTER).status_code == 403


def test_another_pharmacy_sees_nothing_of_it(client, oak, elm, order):
    mine = claim(order.pk, by=holder(oak), at=timezone.now()).claim
    other = Counter(client, people.staff("ulm", Role.DISPENSER, elm))
    assert order.prescription.number not in other.page()
    assert client.get(f"{COUNTER}{mine.pk}/change/").status_code == 404
    for act in ("start", "return", "hand-over", "accept-cancel"):
        assert other.act(mine, act).status_code == 404
    assert other.offer(Offer.objects.get(order=order), "decline", "closed").status_code == 302
    assert road.asked(order) == [("P0001", "accepted")]


def test_the_sidebar_names_it_with_the_number_of_offers(at_oak, order):
    page = at_oak.client.get("/admin/").content.decode()
    assert f'href="{COUNTER}"' in page


def test_somebody_with_two_counters_chooses_one(client, oak, elm, order):
    user = people.staff("both", Role.DISPENSER, oak)
    user.roles.create(role=Role.DISPENSER, institution=elm.institution)
    counter = Counter(client, user)
    assert order.prescription.number in counter.page()
    client.post(f"{COUNTER}place/", {"place": "P0002"})
    assert order.prescription.number not in counter.page()
    client.post(f"{COUNTER}place/", {"place": "H0001"})  # not hers: nothing changes
    assert "药房P0002" in counter.page()


# ---- offers


def test_an_offer_is_seen_without_the_patient_and_counts_as_acknowledged(at_oak, order):
    page = at_oak.page()
    assert "苯磺酸氨氯地平片 × 7 片" in page
    assert NAME not in page
    offer = Offer.objects.get(order=order)
    assert offer.acked_at is not None
    assert "新" in page
    assert '<span class="rx-level rx-info">' not in at_oak.page()


def test_accepting_twice_claims_once(at_oak, order):
    offer = Offer.objects.get(order=order)
    for _ in range(2):
        answer = at_oak.offer(offer, "accept")
        assert answer["Location"] == f"{COUNTER}{held().pk}/change/"
    assert Claim.objects.count() == 1


def test_declining_asks_the_next_and_the_stock_answer_is_kept(at_oak, nominated):
    offer = Offer.objects.get(order=nominated)
    at_oak.offer(offer, "stock", "same_day")
    offer.refresh_from_db()
    assert offer.stock == "same_day"
    at_oak.offer(offer, "decline", "out_of_stock")
    assert road.asked(nominated) == [("P0001", "declined"), ("P0002", "pending")]
    answer = at_oak.client.post(f"{COUNTER}offer/{offer.pk}/decline/", {"reason": "odd"}, follow=True)
    assert "理由代码不在列表中" in text_of(answer)


def test_what_another_passes_on_is_taken_over(client, nominated, oak, elm):
    made = claim(nominated.pk, by=holder(oak), at=timezone.now())
    asked = ask_transfer(
        made.claim.pk, made.token, "P0002", reason="patient_request", by=holder(oak), at=timezone.now()
    )
    other = Counter(client, people.staff("ulm", Role.DISPENSER, elm))
    assert "橡树药房" in other.page()
    for _ in range(2):
        answer = client.post(f"{COUNTER}transfer/{asked.pk}/accept/")
        assert answer["Location"] == f"{COUNTER}{held().pk}/change/"
    assert held().dispenser_id == "P0002"


def test_what_another_passes_on_is_declined(client, nominated, oak, elm):
    made = claim(nominated.pk, by=holder(oak), at=timezone.now())
    asked = ask_transfer(
        made.claim.pk, made.token, "P0002", reason="patient_request", by=holder(oak), at=timezone.now()
    )
    other = Counter(client, people.staff("ulm", Role.DISPENSER, elm))
    client.post(f"{COUNTER}transfer/{asked.pk}/decline/", {"reason": "out_of_stock"})
    assert Transfer.objects.get().state == "declined"
    assert other.page()
    assert held().dispenser_id == "P0001"


# ---- scanning


def test_a_scan_claims_and_the_next_one_opens_it(at_oak, pooled):
    for _ in range(2):
        answer = at_oak.scan(qr(pooled))
        assert answer["Location"] == f"{COUNTER}{held().pk}/change/"
    assert Claim.objects.count() == 1


@pytest.mark.parametrize("how", ["full-width", "small", "two fields", "one field", "spaces"])
def test_codes_come_in_many_shapes(at_oak, pooled, how):
    number, code = pooled.prescription.number, road.code_of(pooled)
    typed = {
        "full-width": (f"RX1;{number};{code}", ""),
        "small": (f" rx1;{number};{code}\n", ""),
        "two fields": (number, f"{code[:3]} {code[3:6]} {code[6:]}"),
        "one field": (f"{number} {code}", ""),
        "spaces": (f"{number} {code[:3]} {code[3:6]} {code[6:]}", ""),
    }[how]
    assert at_oak.scan(*typed).status_code == 302
    assert held().dispenser_id == "P0001"


def test_who_has_it_is_said_with_the_telephone(client, pooled, oak, elm):
    claim(pooled.pk, by=holder(oak), at=timezone.now(), proven=True)
    other = Counter(client, people.staff("ulm", Role.DISPENSER, elm))
    answer = other.scan(qr(pooled))
    assert answer.status_code == 409
    assert "橡树药房 0951-1234567" in text_of(answer)
    assert f'value="{pooled.prescription.number}"' in text_of(answer)


def test_five_wrong_codes_lock_this_counter(at_oak, pooled):
    wrong = road.wrong(road.code_of(pooled))
    for _ in range(5):
        assert "不匹配" in text_of(at_oak.scan(qr(pooled, wrong)))
    answer = at_oak.scan(qr(pooled))
    assert answer.status_code == 423
    assert "已锁定" in text_of(answer)
    assert not Claim.objects.exists()


def test_a_number_alone_opens_only_what_is_mine(at_oak, order, pooled, oak):
    answer = at_oak.scan(pooled.prescription.number)
    assert "九位数字" in text_of(answer)
    assert text_of(at_oak.scan("NOBODY-1")).count("九位数字") == text_of(answer).count("九位数字")
    assert "rx-on" in text_of(at_oak.scan(order.prescription.number))
    mine = claim(order.pk, by=holder(oak), at=timezone.now()).claim
    assert at_oak.scan(order.prescription.number)["Location"] == f"{COUNTER}{mine.pk}/change/"


def test_an_altered_prescription_is_not_handed_out(at_oak, order):
    row = order.prescription
    row.document["items"][0]["days"] = 70
    type(row).objects.filter(pk=row.pk).update(document=row.document)
    answer = at_oak.client.post(f"{COUNTER}offer/{Offer.objects.get().pk}/accept/", follow=True)
    assert "已停止流转" in text_of(answer)
    assert road.state(order) == "unroutable"


# ---- load


def offered(north, count):
    for _ in range(count):
        road.routed(north, at=timezone.now(), routing=TO_OAK)


def queries(counter):
    with CaptureQueriesContext(connection) as seen:
        counter.page()
    return len(seen)


def test_the_counter_asks_the_database_as_often_for_fifty_as_for_one(at_oak, north, oak):
    offered(north, 2)
    orders = list(Order.objects.all())
    give(at_oak, claim(orders[0].pk, by=holder(oak), at=timezone.now()).claim, pack(qty="3", rest="owed"))
    at_oak.page()
    few = queries(at_oak)
    offered(north, 52)
    for row in Order.objects.filter(state="offered")[:3]:
        give(at_oak, claim(row.pk, by=holder(oak), at=timezone.now()).claim, pack(qty="3", rest="owed"))
    at_oak.page()  # the new ones are acknowledged
    assert queries(at_oak) == few
    assert few <= 30
