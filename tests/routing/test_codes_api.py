"""Pickup codes over HTTP: read by the placer, tried by dispensers, counted and locked."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from routing.models import WrongCode
from rxcenter.patients.models import AccessLog
from tests.routing import road

pytestmark = pytest.mark.django_db
API = "/api/v1"


def handover(**more):
    return {"local_id": "L1", "pharmacist": "YS1", "handed_over_at": timezone.now().isoformat(), **more}


def slug(answer):
    return answer.json()["type"].removeprefix("/problems/")


def test_the_pool_takes_number_and_code(api, elm, pooled):
    code = road.code_of(pooled)
    answer = api.by_code(elm, pooled, f"{code[:4]} {code[4:8]} {code[8]}")
    assert answer.status_code == 201, answer.content
    assert not WrongCode.objects.exists()


def test_a_wrong_code_and_an_unknown_number_look_alike(api, elm, pooled):
    wrong = api.by_code(elm, pooled, road.wrong(road.code_of(pooled)))
    unknown = api.post(elm, "/claims", {"prescription_no": "NEVER-SEEN", "code": road.code_of(pooled)})
    assert (wrong.status_code, slug(wrong)) == (403, "wrong-code")
    assert wrong.content == unknown.content


@pytest.mark.parametrize("exists", [True, False])
def test_after_five_wrong_codes_the_number_is_locked_whether_it_exists_or_not(api, elm, pooled, exists):
    code = road.code_of(pooled)
    number = pooled.prescription.number if exists else "NEVER-SEEN"
    body = {"prescription_no": number, "code": road.wrong(code)}
    assert [api.post(elm, "/claims", body).status_code for _ in range(6)] == [403] * 5 + [423]
    right = api.post(elm, "/claims", {**body, "code": code})
    assert (right.status_code, slug(right)) == (423, "locked-out")
    assert road.state(pooled) == "open"


def test_a_day_later_the_right_code_works(api, elm, pooled):
    for _ in range(5):
        api.by_code(elm, pooled, "000000000")
    WrongCode.objects.update(since=timezone.now() - timedelta(hours=24, seconds=1))
    assert api.by_code(elm, pooled, road.wrong(road.code_of(pooled))).status_code == 403
    assert WrongCode.objects.filter(key__startswith="number:").get().count == 1
    assert api.by_code(elm, pooled, road.code_of(pooled)).status_code == 201


def test_a_guessing_dispenser_is_locked_and_others_are_not(api, oak, elm, pooled):
    WrongCode.objects.create(key="dispenser:P0002", count=99, since=timezone.now())
    assert api.post(elm, "/claims", {"prescription_no": "A", "code": "1"}).status_code == 403
    assert api.by_code(elm, pooled, road.code_of(pooled)).status_code == 423
    assert api.by_code(oak, pooled, road.code_of(pooled)).status_code == 201


def test_one_dispensers_wrong_codes_do_not_lock_the_patient_out_elsewhere(api, oak, elm, pooled):
    code = road.code_of(pooled)
    tries = [api.by_code(elm, pooled, road.wrong(code)).status_code for _ in range(6)]
    assert tries == [403] * 5 + [423]
    assert api.by_code(elm, pooled, code).status_code == 423
    assert api.by_code(oak, pooled, code).status_code == 201


def test_a_number_is_looked_up_by_an_index(db):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT 1 FROM prescriptions_prescription WHERE number = 'A'")
        plan = "\n".join(line for [line] in cursor.fetchall())
    assert "prescription_number" in plan


def test_wrong_codes_at_the_hand_over_are_counted_and_locked(api, oak, order):
    said = api.claim(oak, order).json()
    path, token, code = f"/claims/{said['claim_id']}/dispenses", said["claim_token"], road.code_of(order)
    tries = [api.post(oak, path, handover(code=road.wrong(code)), token=token).status_code for _ in range(5)]
    assert tries == [403] * 5
    assert road.fresh(order).wrong_codes == 5
    assert api.post(oak, path, handover(code=code), token=token).status_code == 423
    assert road.state(order) == "claimed"


def test_a_wrong_code_then_the_right_one(api, oak, order):
    said = api.claim(oak, order).json()
    path, token, code = f"/claims/{said['claim_id']}/dispenses", said["claim_token"], road.code_of(order)
    assert api.post(oak, path, handover(code=road.wrong(code)), token=token).status_code == 403
    assert api.post(oak, path, handover(code=code), token=token).status_code == 201


def test_the_placer_reads_the_pickup_code_and_it_is_logged(api, north, order):
    answer = api.get(north, f"/prescriptions/{order.prescription_id}/pickup")
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert said["code"] == road.code_of(order)
    assert [d["name"] for d in said["dispensers"]] == ["橡树药房"]
    log = AccessLog.objects.get(prescription=order.prescription_id)
    assert (log.role, log.purpose, log.fields) == ("placer", "pickup code for the patient", "code")


def test_no_code_before_routing_nor_after_the_end(api, north, oak, order):
    unrouted = road.approved(north, at=timezone.now())
    assert slug(api.get(north, f"/prescriptions/{unrouted}/pickup")) == "wrong-state"
    road.expire(order, order.expires_at)
    ended = api.get(north, f"/prescriptions/{order.prescription_id}/pickup").json()
    assert (ended["status"], ended["order_state"]) == (409, "expired")
