"""The dispensers' counter in the admin: who sees what, scan to hand-over, owings, corrections, refusals beside the field."""

import re
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from routing.cancelling import cancel_orders
from routing.claiming import claim
from routing.models import Claim, Dispense, Offer, Order, SecondReview, Transfer
from routing.transferring import ask_transfer
from rxcenter.accounts.roles import Role
from rxcenter.patients.models import AccessLog
from rxcenter.prescriptions.lifecycle import lock
from tests import people
from tests.routing import acts, road
from tests.routing.road import TO_OAK, holder

pytestmark = pytest.mark.django_db
COUNTER = "/admin/routing/claim/"
NAME = "李秀英"


@pytest.fixture
def at_oak(client, oak):
    """A browser of somebody who works at Oak's counter."""
    return Counter(client, people.staff("ou", Role.DISPENSER, oak))


class Counter:
    """What a person does on the pages; `sheet` reads a claim's page."""

    def __init__(self, client, user):
        self.client = client
        client.force_login(user)

    def page(self):
        return self.client.get(COUNTER).content.decode()

    def scan(self, text, code=""):
        return self.client.post(f"{COUNTER}scan/", {"scan": text, "code": code})

    def sheet(self, claim, query=""):
        return self.client.get(f"{COUNTER}{claim.pk}/change/{query}").content.decode()

    def act(self, claim, act, **fields):
        fields.setdefault("nonce", str(uuid4()))
        return self.client.post(f"{COUNTER}{claim.pk}/act/{act}/", fields)

    def offer(self, offer, act, reason=""):
        return self.client.post(f"{COUNTER}offer/{offer.pk}/{act}/", {"reason": reason})


def qr(order, code=None):
    return f"RX1;{order.prescription.number};{code or road.code_of(order)}"


def held():
    return Claim.objects.get(state="open")


def pack(i=0, line=1, qty="7", **more):
    return {f"line-{i}": line, f"qty-{i}": qty, **{f"{name}-{i}": value for name, value in more.items()}}


def give(counter, made, *packs, act="hand-over", **fields):
    sent = {"pharmacist": "YS1", "override": "identity_checked", **fields}
    for one in packs or (pack(),):
        sent |= one
    return counter.act(made, act, **sent)


def text_of(answer):
    return answer.content.decode()


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


# ---- the claim's page


@pytest.fixture
def mine(order, oak):
    return claim(order.pk, by=holder(oak), at=timezone.now()).claim


def test_the_page_shows_the_patient_and_each_reading_is_logged(at_oak, mine):
    before = AccessLog.objects.count()
    page = at_oak.sheet(mine)
    for fact in (NAME, "13912345678", "高血压", "苯磺酸氨氯地平片", 'value="7"'):
        assert fact in page
    log = AccessLog.objects.order_by("-pk")[0]
    assert (AccessLog.objects.count(), log.purpose, log.actor) == (before + 1, "dispensing", "ou")


def test_no_token_stands_on_any_page(at_oak, order, oak):
    made = claim(order.pk, by=holder(oak), at=timezone.now())
    assert made.token not in at_oak.sheet(made.claim) + at_oak.page()


def test_from_begin_to_ready_to_done(at_oak, mine, order):
    at_oak.act(mine, "keep")
    at_oak.act(mine, "start")
    assert road.state(order) == "preparing"
    at_oak.act(mine, "ready")
    assert road.state(order) == "ready"
    answer = give(at_oak, mine, pack(batch="A1", trace="811 812"), override="", code=road.code_of(order))
    assert (answer.status_code, answer["Location"]) == (302, COUNTER)
    [made] = Dispense.objects.all()
    assert made.lines == [
        {"line": 1, "quantity": "7", "unit": "tablet", "batch": "A1", "trace_code": "811 812"}
    ]
    assert (made.pharmacist, made.proof["code"], road.state(order)) == ("YS1", True, "completed")
    page = at_oak.page()
    assert "苯磺酸氨氯地平片 × 7" in page
    assert NAME not in at_oak.sheet(mine)  # no longer held: nothing personal


def test_the_code_scanned_at_the_counter_is_not_asked_again(at_oak, pooled):
    at_oak.scan(qr(pooled))
    assert road.code_of(pooled) not in at_oak.sheet(held())
    assert give(at_oak, held(), override="").status_code == 302
    assert Dispense.objects.get().proof["code"] is True
    assert road.code_of(pooled) not in str(dict(at_oak.client.session))


def test_without_code_or_check_nothing_goes_out(at_oak, mine, order):
    answer = give(at_oak, mine, override="")
    assert answer.status_code == 422
    assert "rc-code-said" in text_of(answer)
    assert road.state(order) == "claimed"


def test_the_same_form_twice_is_one_hand_over(at_oak, mine):
    nonce = str(uuid4())
    packs = pack(qty="3", rest="owed")
    assert [give(at_oak, mine, packs, nonce=nonce).status_code for _ in range(2)] == [302, 302]
    assert Dispense.objects.count() == 1
    again = give(at_oak, mine, pack(qty="4"), nonce=nonce)
    assert again.status_code == 422
    assert "重新打开" in text_of(again)


def test_wrong_code_five_times_locks_and_identity_still_counts(at_oak, mine, order):
    wrong = road.wrong(road.code_of(order))
    for n in range(5):
        answer = give(at_oak, mine, pack(batch="B77"), override="", code=wrong)
        assert answer.status_code == 403
        assert 'value="B77"' in text_of(answer)
        assert ("不是该患者的取药码" if n < 4 else "已锁定") in text_of(answer)
    answer = give(at_oak, mine, override="", code=road.code_of(order))
    assert answer.status_code == 423
    assert "锁定" in at_oak.sheet(mine)
    assert give(at_oak, mine, checked_by="YS2").status_code == 302
    assert Dispense.objects.get().proof["checked_by"] == "YS2"


def test_another_patients_qr_is_noticed(at_oak, mine, pooled):
    answer = give(at_oak, mine, override="", code=qr(pooled))
    assert answer.status_code == 422
    assert pooled.prescription.number in text_of(answer)
    assert not Dispense.objects.exists()


@pytest.mark.parametrize(
    "said,field",
    [
        ({"qty": "8"}, "qty-0-said"),
        ({"qty": "x"}, "qty-0-said"),
        ({"qty": "-1"}, "qty-0-said"),
        ({"qty": ""}, "qty-0-said"),
        ({"qty": "1e99"}, "qty-0-said"),
        ({"qty": "NaN"}, "qty-0-said"),
        ({"qty": "3"}, "rest-0-said"),
        ({"qty": "3", "rest": "odd"}, "rest-0-said"),
        ({"qty": "3", "rest": "owed", "until": "soon"}, "until-0-said"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(at_oak, mine, said, field):
    answer = give(at_oak, mine, pack(**{"batch": "B77", **said}), pharmacist="YS9")
    page = text_of(answer)
    assert answer.status_code == 422
    assert f'id="{field}"' in page
    assert 'value="B77"' in page
    assert 'value="YS9"' in page
    assert not Dispense.objects.exists()


def test_part_now_the_rest_is_owed_and_fetched_later(at_oak, mine, order):
    day = (timezone.localdate() + timedelta(days=3)).isoformat()
    give(at_oak, mine, pack(qty="3", rest="owed", until=day))
    assert road.state(order) == "partly_supplied"
    page = at_oak.page()
    assert "rc-owed" in page
    assert day in page
    assert "× 4 片" in page
    assert 'value="4"' in at_oak.sheet(mine)
    give(at_oak, mine, pack(qty="4"))
    assert road.state(order) == "completed"


def test_two_batches_of_one_line(at_oak, mine, order):
    give(at_oak, mine, pack(0, qty="3", batch="A"), pack(1, qty="4", batch="B"))
    assert [(p["quantity"], p["batch"]) for p in Dispense.objects.get().lines] == [("3", "A"), ("4", "B")]
    assert road.state(order) == "completed"


def test_a_rest_that_is_not_supplied_ends_the_line(at_oak, mine, order):
    give(at_oak, mine, pack(qty="3", rest="has_enough"))
    assert road.state(order) == "completed"


def test_the_newest_record_is_corrected_or_taken_back(at_oak, mine, order):
    give(at_oak, mine)
    [first] = Dispense.objects.all()
    page = at_oak.sheet(mine, f"?amend={first.pk}")
    assert "更正" in page
    give(at_oak, mine, pack(qty="5", rest="owed"), act="amend", dispense=str(first.pk))
    assert (road.state(order), order.lines.get().remaining) == ("partly_supplied", Decimal(2))
    newest = Dispense.objects.get(replaces=first)
    at_oak.act(mine, "withdraw", dispense=str(newest.pk), reason="wrong_patient")
    assert (road.state(order), order.lines.get().remaining) == ("preparing", Decimal(7))
    assert at_oak.act(mine, "withdraw", dispense="odd", reason="wrong_patient").status_code == 404


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
    from rxcenter.ledger.recording import transaction

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
