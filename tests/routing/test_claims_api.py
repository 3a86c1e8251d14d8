"""Dispensers over HTTP: from offer to dispense; foreign objects do not exist; shapes are strict."""

import json
from uuid import uuid4

import pytest
from django.utils import timezone

from routing.models import Offer
from rxcenter.api import claims_shapes as shapes
from rxcenter.api import dispenses_shapes, offers_shapes
from rxcenter.patients.models import AccessLog
from tests import people
from tests.routing import road
from tests.routing.road import TO_OAK

pytestmark = pytest.mark.django_db
API = "/api/v1"


def handover(**more):
    return {"local_id": "L1", "pharmacist": "YS1", "handed_over_at": timezone.now().isoformat(), **more}


def slug(answer):
    return answer.json()["type"].removeprefix("/problems/")


def test_from_offer_to_dispense(api, oak, order):
    [offer] = api.get(oak, "/offers").json()["offers"]
    assert offer["order"] == str(order.pk)
    assert offer["items"][0]["drug"]["name"] == "苯磺酸氨氯地平片"
    claimed = api.claim(oak, order)
    assert claimed.status_code == 201, claimed.content
    said = claimed.json()
    assert claimed["Location"] == f"{API}/claims/{said['claim_id']}"
    assert said["prescription"]["patient"]["name"] == "李秀英"
    line = {"line": 1, "remaining": "7", "unit": "tablet", "status": "open", "owed_until": None}
    assert said["order"]["lines"] == [line]
    assert api.get(oak, "/offers").json()["offers"] == []
    path = f"/claims/{said['claim_id']}/dispenses"
    done = api.post(oak, path, handover(code=road.code_of(order)), token=said["claim_token"])
    assert done.status_code == 201, done.content
    assert done.json()["state"] == "completed"
    assert (road.state(order), road.prescription_state(order)) == ("completed", "completed")


def test_the_document_is_masked_and_the_reading_is_logged(api, oak, order):
    said = api.claim(oak, order).json()
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


def test_the_holder_reads_its_token_again_and_nobody_else_reads_anything(api, oak, elm, order):
    said = api.claim(oak, order).json()
    again = api.get(oak, f"/claims/{said['claim_id']}").json()
    assert again == said
    assert api.get(elm, f"/claims/{said['claim_id']}").status_code == 404


def test_a_returned_claim_shows_no_content(api, oak, order):
    said = api.claim(oak, order).json()
    path = f"/claims/{said['claim_id']}"
    returned = api.post(oak, f"{path}/return", {"reason": "out_of_stock"}, token=said["claim_token"])
    assert returned.status_code == 200, returned.content
    after = api.get(oak, path).json()
    assert (after["state"], after["claim_token"], after["prescription"]) == ("returned", None, None)
    late = api.post(oak, f"{path}/dispenses", handover(), token=said["claim_token"])
    assert (late.status_code, slug(late)) == (409, "lease-lost")


def test_everything_foreign_is_a_404(api, north, oak, elm, order):
    said = api.claim(oak, order).json()
    offer = Offer.objects.get(order=order)
    path, token = f"/claims/{said['claim_id']}", said["claim_token"]
    answers = [
        api.claim(elm, order),
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
    said = api.claim(oak, order).json()
    answer = api.post(
        oak, f"/claims/{said['claim_id']}/dispenses", handover(**change), token=said["claim_token"]
    )
    assert answer.status_code == 422
    assert road.state(order) == "claimed"


def test_the_examples_of_the_openapi_document_have_the_right_shape():
    shaped = [
        (offers_shapes.Decline, offers_shapes.DECLINE_EXAMPLES),
        (offers_shapes.StockFeed, offers_shapes.STOCK_EXAMPLES),
        (shapes.Return, shapes.RETURN_EXAMPLES),
        (shapes.ClaimRequest, shapes.CLAIM_EXAMPLES),
        (dispenses_shapes.DispenseRequest, dispenses_shapes.DISPENSE_EXAMPLES),
    ]
    for shape, examples in shaped:
        for example in examples:
            assert shape(data=example.value).is_valid(raise_exception=True)


def test_the_placers_amend_meets_the_holder_and_its_cancel_asks_it(api, north, oak, order):
    said = api.claim(oak, order).json()
    path = f"/prescriptions/{order.prescription_id}/cancel"
    document = people.document(north, number=order.prescription.number, revision=2)
    held = api.post(north, f"/prescriptions/{order.prescription_id}/amend", document)
    assert (held.status_code, slug(held)) == (409, "claimed"), held.content
    assert held.json()["holder"]["phone"] == "0951-1234567"
    asked = api.post(north, path, {"reason": "wrong_patient"})
    assert (asked.status_code, asked.json()["outcome"]) == (202, "cancel_requested"), asked.content
    assert asked.json()["holders"][0]["phone"] == "0951-1234567"
    api.post(
        oak, f"/claims/{said['claim_id']}/return", {"reason": "patient_request"}, token=said["claim_token"]
    )
    assert (road.state(order), road.prescription_state(order)) == ("cancelled", "cancelled")
    again = api.post(north, path, {"reason": "wrong_patient"})
    assert (again.status_code, again.json()["outcome"]) == (200, "cancelled")
    assert api.claim(oak, order).json()["type"] == "/problems/prescription-cancelled"
