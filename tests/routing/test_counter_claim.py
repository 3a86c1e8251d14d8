"""The page of a claim at the counter: hand over, owe, correct; what is refused stands beside its field."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from routing.claiming import claim
from routing.models import Dispense
from rxcenter.patients.models import AccessLog
from tests.routing import road
from tests.routing.counter import COUNTER, NAME, give, held, pack, qr, text_of
from tests.routing.road import holder

pytestmark = pytest.mark.django_db


# ---- the claim's page


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
