"""Dispensers over HTTP: one key one effect, codes counted, foreign objects do not exist."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from routing.models import Claim, Dispense, IdempotencyKey, Offer, Order, WrongCode
from rxcenter.api import claims_shapes as shapes
from rxcenter.ledger.models import Event
from rxcenter.patients.models import AccessLog
from tests import people
from tests.routing import road
from tests.routing.road import POOL, TO_OAK

pytestmark = pytest.mark.django_db
API = "/api/v1"


@pytest.fixture
def north():
    place = people.north()
    road.dispenser(place)
    return place


@pytest.fixture
def oak():
    place = people.oak()
    road.dispenser(place, in_pool=True)
    return place


@pytest.fixture
def elm():
    return road.pharmacy("P0002", in_pool=True)


@pytest.fixture
def order(north, oak):
    return road.routed(north, at=timezone.now(), routing=TO_OAK, patient__phone="13912345678")


@pytest.fixture
def pooled(north, oak):
    return road.routed(north, at=timezone.now(), routing=POOL)


@pytest.fixture
def api(client):
    """post(place, path, body, key=…, token=…) and get(place, path)."""

    class Api:
        @staticmethod
        def post(place, path, body, key=None, token=None, **more):
            headers = {**place.headers, "Idempotency-Key": key or str(uuid4()), **more}
            if token is not None:
                headers["Claim-Token"] = token
            return client.post(API + path, json.dumps(body), content_type="application/json", headers=headers)

        @staticmethod
        def get(place, path):
            return client.get(API + path, headers=place.headers)

    return Api


def claim(api, place, order, key=None):
    return api.post(place, "/claims", {"order": str(order.pk)}, key=key)


def by_code(api, place, order, code, key=None):
    return api.post(place, "/claims", {"prescription_no": order.prescription.number, "code": code}, key=key)


def handover(**more):
    return {"local_id": "L1", "pharmacist": "YS1", "handed_over_at": timezone.now().isoformat(), **more}


def slug(answer):
    return answer.json()["type"].removeprefix("/problems/")


def test_from_offer_to_dispense(api, oak, order):
    [offer] = api.get(oak, "/offers").json()["offers"]
    assert offer["order"] == str(order.pk)
    assert offer["items"][0]["drug"]["name"] == "苯磺酸氨氯地平片"
    claimed = claim(api, oak, order)
    assert claimed.status_code == 201, claimed.content
    said = claimed.json()
    assert claimed["Location"] == f"{API}/claims/{said['claim_id']}"
    assert said["prescription"]["patient"]["name"] == "李秀英"
    assert said["order"]["lines"] == [{"line": 1, "remaining": "7", "unit": "tablet"}]
    assert api.get(oak, "/offers").json()["offers"] == []
    path = f"/claims/{said['claim_id']}/dispenses"
    done = api.post(oak, path, handover(code=road.code_of(order)), token=said["claim_token"])
    assert done.status_code == 201, done.content
    assert done.json()["state"] == "completed"
    assert (road.state(order), road.prescription_state(order)) == ("completed", "completed")


def test_the_document_is_masked_and_the_reading_is_logged(api, oak, order):
    said = claim(api, oak, order).json()
    document = json.dumps(said["prescription"]["document"], ensure_ascii=False)
    assert "李秀英" not in document
    assert "health_card" not in document
    assert set(said["prescription"]["patient"]) == {"name", "phone", "guardian"}
    log = AccessLog.objects.get(prescription=order.prescription_id)
    assert (log.role, log.purpose, log.fields) == ("dispenser", "dispensing", "name,phone")


def test_offers_tell_nothing_about_the_patient(api, oak, order):
    text = api.get(oak, "/offers").content.decode()
    assert "李" not in text
    assert "health_card" not in text


def test_offers_are_paged(api, north, oak):
    for _ in range(3):
        road.routed(north, at=timezone.now(), routing=TO_OAK)
    first = api.get(oak, "/offers?limit=2").json()
    assert len(first["offers"]) == 2
    rest = api.get(oak, f"/offers?limit=2&after={first['next']}").json()
    assert len(rest["offers"]) == 1
    assert rest["next"] is None
    assert api.get(oak, "/offers?limit=0").status_code == 422


def test_the_same_key_gives_the_same_bytes_and_one_effect(api, oak, order):
    first, again = claim(api, oak, order, key="k1"), claim(api, oak, order, key="k1")
    assert again.content == first.content
    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Idempotent-Replayed"] == "true"
    assert again["Location"] == first["Location"]
    assert Claim.objects.count() == 1
    assert Event.objects.filter(type="order.claimed", primary=True).count() == 1
    assert AccessLog.objects.filter(purpose="the stored answer again").count() == 1


def test_the_stored_answer_is_sealed(api, oak, order):
    token = claim(api, oak, order).json()["claim_token"]
    assert token.encode() not in bytes(IdempotencyKey.objects.get().body_sealed)


def test_the_same_key_with_other_content_is_refused(api, oak, order, pooled):
    claim(api, oak, order, key="k1")
    assert (claim(api, oak, pooled, key="k1").status_code, slug(claim(api, oak, pooled, key="k1"))) == (
        422,
        "idempotency-key-reused",
    )


def test_keys_of_two_organisations_do_not_meet(api, oak, elm, order, pooled):
    assert claim(api, oak, order, key="k1").status_code == 201
    assert by_code(api, elm, pooled, road.code_of(pooled), key="k1").status_code == 201


def test_a_refusal_is_not_stored(api, oak, order):
    Order.objects.filter(pk=order.pk).update(cancel_requested=True)
    assert slug(claim(api, oak, order, key="k1")) == "cancel-pending"
    Order.objects.filter(pk=order.pk).update(cancel_requested=False)
    assert claim(api, oak, order, key="k1").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_is_required(api, client, oak, order, key):
    made = claim(api, oak, order).json()
    paths = ["/claims", f"/claims/{made['claim_id']}/return", f"/claims/{made['claim_id']}/dispenses"]
    bodies = [{"order": str(order.pk)}, {"reason": "closed"}, handover()]
    for path, body in zip(paths, bodies, strict=True):
        answer = client.post(
            API + path,
            json.dumps(body),
            content_type="application/json",
            headers={**oak.headers, "Idempotency-Key": key},
        )
        assert (answer.status_code, slug(answer)) == (400, "idempotency-key-required")


def test_dispense_twice_with_the_same_key_is_one_and_with_another_is_refused(api, oak, order):
    said = claim(api, oak, order).json()
    path, body, token = f"/claims/{said['claim_id']}/dispenses", handover(), said["claim_token"]
    first = api.post(oak, path, body, key="d1", token=token)
    assert api.post(oak, path, body, key="d1", token=token).content == first.content
    other = api.post(oak, path, body, key="d2", token=token)
    assert (other.status_code, slug(other)) == (409, "already-dispensed")
    assert other.json()["dispense_id"] == first.json()["dispense_id"]
    assert Dispense.objects.count() == 1


def test_a_stored_answer_is_not_for_somebody_without_the_token(api, oak, order):
    said = claim(api, oak, order).json()
    path, body = f"/claims/{said['claim_id']}/dispenses", handover()
    api.post(oak, path, body, key="d1", token=said["claim_token"])
    assert slug(api.post(oak, path, body, key="d1", token="x" * 43)) == "idempotency-key-reused"


def test_the_holder_reads_its_token_again_and_nobody_else_reads_anything(api, oak, elm, order):
    said = claim(api, oak, order).json()
    again = api.get(oak, f"/claims/{said['claim_id']}").json()
    assert again == said
    assert api.get(elm, f"/claims/{said['claim_id']}").status_code == 404


def test_a_returned_claim_shows_no_content(api, oak, order):
    said = claim(api, oak, order).json()
    path = f"/claims/{said['claim_id']}"
    returned = api.post(oak, f"{path}/return", {"reason": "out_of_stock"}, token=said["claim_token"])
    assert returned.status_code == 200, returned.content
    after = api.get(oak, path).json()
    assert (after["state"], after["claim_token"], after["prescription"]) == ("returned", None, None)
    late = api.post(oak, f"{path}/dispenses", handover(), token=said["claim_token"])
    assert (late.status_code, slug(late)) == (409, "lease-lost")


def test_everything_foreign_is_a_404(api, north, oak, elm, order):
    said = claim(api, oak, order).json()
    offer = Offer.objects.get(order=order)
    path, token = f"/claims/{said['claim_id']}", said["claim_token"]
    answers = [
        claim(api, elm, order),
        api.post(elm, "/claims", {"order": str(uuid4())}),
        api.get(elm, path),
        api.post(elm, f"{path}/return", {"reason": "closed"}, token=token),
        api.post(elm, f"{path}/dispenses", handover(), token=token),
        api.post(elm, f"/offers/{offer.pk}/decline", {"reason": "closed"}),
        api.get(people.south(), f"/prescriptions/{order.prescription_id}/pickup"),
    ]
    assert [a.status_code for a in answers] == [404] * 7
    assert len({a.content for a in answers}) == 1


def test_scopes(api, client, oak, order):
    for path in ("/offers", f"/prescriptions/{order.prescription_id}/pickup"):
        assert client.get(API + path).status_code == 401
    assert api.get(oak, f"/prescriptions/{order.prescription_id}/pickup").status_code == 403


def test_declining(api, oak, order):
    offer = Offer.objects.get(order=order)
    answer = api.post(oak, f"/offers/{offer.pk}/decline", {"reason": "out_of_stock"})
    assert answer.json() == {"offer_id": offer.pk, "state": "declined", "reason": "out_of_stock"}
    assert api.post(oak, f"/offers/{offer.pk}/decline", {"reason": "because"}).status_code == 422


def test_the_pool_takes_number_and_code(api, elm, pooled):
    code = road.code_of(pooled)
    answer = by_code(api, elm, pooled, f"{code[:4]} {code[4:8]} {code[8]}")
    assert answer.status_code == 201, answer.content
    assert not WrongCode.objects.exists()


def test_a_wrong_code_and_an_unknown_number_look_alike(api, elm, pooled):
    wrong = by_code(api, elm, pooled, road.wrong(road.code_of(pooled)))
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
        by_code(api, elm, pooled, "000000000")
    WrongCode.objects.update(since=timezone.now() - timedelta(hours=24, seconds=1))
    assert by_code(api, elm, pooled, road.wrong(road.code_of(pooled))).status_code == 403
    assert WrongCode.objects.filter(key__startswith="number:").get().count == 1
    assert by_code(api, elm, pooled, road.code_of(pooled)).status_code == 201


def test_a_guessing_dispenser_is_locked_and_others_are_not(api, oak, elm, pooled):
    WrongCode.objects.create(key="dispenser:P0002", count=99, since=timezone.now())
    assert api.post(elm, "/claims", {"prescription_no": "A", "code": "1"}).status_code == 403
    assert by_code(api, elm, pooled, road.code_of(pooled)).status_code == 423
    assert by_code(api, oak, pooled, road.code_of(pooled)).status_code == 201


def test_wrong_codes_at_the_hand_over_are_counted_and_locked(api, oak, order):
    said = claim(api, oak, order).json()
    path, token, code = f"/claims/{said['claim_id']}/dispenses", said["claim_token"], road.code_of(order)
    tries = [api.post(oak, path, handover(code=road.wrong(code)), token=token).status_code for _ in range(5)]
    assert tries == [403] * 5
    assert road.fresh(order).wrong_codes == 5
    assert api.post(oak, path, handover(code=code), token=token).status_code == 423
    assert road.state(order) == "claimed"


def test_a_wrong_code_then_the_right_one(api, oak, order):
    said = claim(api, oak, order).json()
    path, token, code = f"/claims/{said['claim_id']}/dispenses", said["claim_token"], road.code_of(order)
    assert api.post(oak, path, handover(code=road.wrong(code)), token=token).status_code == 403
    assert api.post(oak, path, handover(code=code), token=token).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"order": "7"},
        {"code": "123456789"},
        {"prescription_no": "A"},
        {"order": str(uuid4()), "code": "1", "prescription_no": "A"},
        {"order": str(uuid4()), "ordr": 1},
    ],
)
def test_misshapen_claims_are_refused_by_path(api, oak, body):
    answer = api.post(oak, "/claims", body)
    assert (answer.status_code, slug(answer)) == (422, "invalid")
    assert answer.json()["problems"]


@pytest.mark.parametrize(
    "change",
    [
        {"handed_over_at": "2026-11-21T10:00:00"},
        {"handed_over_at": "today"},
        {"local_id": None},
        {"lines": [{"line": 0}]},
        {"lines": [{"line": 1, "quantity": "-1"}]},
        {"lines": [{"line": 1, "qty": "1"}]},
    ],
)
def test_misshapen_dispenses_are_refused(api, oak, order, change):
    said = claim(api, oak, order).json()
    answer = api.post(
        oak, f"/claims/{said['claim_id']}/dispenses", handover(**change), token=said["claim_token"]
    )
    assert answer.status_code == 422
    assert road.state(order) == "claimed"


def test_the_examples_of_the_openapi_document_have_the_right_shape():
    shaped = [
        (shapes.Decline, shapes.DECLINE_EXAMPLES),
        (shapes.Return, shapes.RETURN_EXAMPLES),
        (shapes.ClaimRequest, shapes.CLAIM_EXAMPLES),
        (shapes.DispenseRequest, shapes.DISPENSE_EXAMPLES),
    ]
    for shape, examples in shaped:
        for example in examples:
            assert shape(data=example.value).is_valid(raise_exception=True)


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


def test_the_placers_cancel_and_amend_meet_the_order(api, north, oak, order):
    said = claim(api, oak, order).json()
    path = f"/prescriptions/{order.prescription_id}/cancel"
    held = api.post(north, path, {"reason": "wrong_patient"})
    assert (held.status_code, slug(held)) == (409, "claimed"), held.content
    assert held.json()["holder"]["phone"] == "0951-1234567"
    api.post(
        oak, f"/claims/{said['claim_id']}/return", {"reason": "patient_request"}, token=said["claim_token"]
    )
    assert road.state(order) == "unroutable"
    assert api.post(north, path, {"reason": "wrong_patient"}).status_code == 200
    assert (road.state(order), road.prescription_state(order)) == ("cancelled", "cancelled")
    assert claim(api, oak, order).json()["type"] == "/problems/prescription-cancelled"
