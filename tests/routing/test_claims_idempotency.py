"""One key, one effect: the stored answer comes back byte for byte."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from routing import idempotency
from routing.idempotency import TABLE, asked
from routing.models import Claim, Dispense, IdempotencyKey, Order
from rxcenter.ledger.models import Event
from rxcenter.patients.models import AccessLog
from rxcenter.patients.sealing import unseal
from tests.routing import road

pytestmark = pytest.mark.django_db
API = "/api/v1"


def handover(**more):
    return {"local_id": "L1", "pharmacist": "YS1", "handed_over_at": timezone.now().isoformat(), **more}


def slug(answer):
    return answer.json()["type"].removeprefix("/problems/")


def test_the_same_key_gives_the_same_bytes_and_one_effect(api, oak, order):
    first, again = api.claim(oak, order, key="k1"), api.claim(oak, order, key="k1")
    assert again.content == first.content
    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Idempotent-Replayed"] == "true"
    assert again["Location"] == first["Location"]
    assert Claim.objects.count() == 1
    assert Event.objects.filter(type="order.claimed", primary=True).count() == 1
    assert AccessLog.objects.filter(purpose="the stored answer again").count() == 1


def test_the_stored_answer_is_sealed(api, oak, order):
    token = api.claim(oak, order).json()["claim_token"]
    assert token.encode() not in bytes(IdempotencyKey.objects.get().body_sealed)


def test_a_replay_after_the_end_gives_neither_patient_nor_token(api, oak, order):
    first = api.claim(oak, order, key="k1")
    said, read = first.json(), AccessLog.objects.count()
    assert said["prescription"]["patient"]["phone"] == "13912345678"
    path = f"/claims/{said['claim_id']}/return"
    assert api.post(oak, path, {"reason": "closed"}, token=said["claim_token"]).status_code == 200
    again = api.claim(oak, order, key="k1")
    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert again.json() == {**said, "claim_token": None, "prescription": None}
    assert again["Location"] == first["Location"]
    logged = AccessLog.objects.order_by("pk")[read:]
    assert not [row.fields for row in logged if "phone" in row.fields or "token" in row.fields]


def test_a_replay_while_it_is_held_shows_the_patient_again_and_logs_it(api, oak, order):
    api.claim(oak, order, key="k1")
    api.claim(oak, order, key="k1")
    assert AccessLog.objects.filter(purpose="dispensing", fields="name,phone").count() == 2


def test_what_is_stored_holds_neither_patient_nor_token(api, oak, order):
    said = api.claim(oak, order, key="k1").json()
    row = IdempotencyKey.objects.get()
    place = asked("P0001", "claims", "k1", b"").row()
    kept = unseal(bytes(row.body_sealed), table=TABLE, row=place, institution="P0001")["answer"]
    assert json.loads(kept) == {**said, "claim_token": None, "prescription": None}


def test_the_same_key_with_other_content_is_refused(api, oak, order, pooled):
    api.claim(oak, order, key="k1")
    assert (api.claim(oak, pooled, key="k1").status_code, slug(api.claim(oak, pooled, key="k1"))) == (
        422,
        "idempotency-key-reused",
    )


def test_keys_of_two_organisations_do_not_meet(api, oak, elm, order, pooled):
    assert api.claim(oak, order, key="k1").status_code == 201
    assert api.by_code(elm, pooled, road.code_of(pooled), key="k1").status_code == 201


def test_a_refusal_is_not_stored(api, oak, order):
    Order.objects.filter(pk=order.pk).update(cancel_requested=True)
    assert slug(api.claim(oak, order, key="k1")) == "cancel-pending"
    Order.objects.filter(pk=order.pk).update(cancel_requested=False)
    assert api.claim(oak, order, key="k1").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_is_required(api, client, oak, order, key):
    made = api.claim(oak, order).json()
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
    said = api.claim(oak, order).json()
    path, body, token = f"/claims/{said['claim_id']}/dispenses", handover(), said["claim_token"]
    first = api.post(oak, path, body, key="d1", token=token)
    assert api.post(oak, path, body, key="d1", token=token).content == first.content
    other = api.post(oak, path, body, key="d2", token=token)
    assert (other.status_code, slug(other)) == (409, "already-dispensed")
    assert other.json()["dispense_id"] == first.json()["dispense_id"]
    assert Dispense.objects.count() == 1


def test_a_stored_answer_is_not_for_somebody_without_the_token(api, oak, order):
    said = api.claim(oak, order).json()
    path, body = f"/claims/{said['claim_id']}/dispenses", handover()
    api.post(oak, path, body, key="d1", token=said["claim_token"])
    assert slug(api.post(oak, path, body, key="d1", token="x" * 43)) == "idempotency-key-reused"


def test_about_one_new_answer_in_sixteen_takes_outdated_ones_away():
    requests = [asked("P0001", "claims", f"key {n}", b"") for n in range(800)]
    assert 20 < sum(idempotency.tidies(one) for one in requests) < 90


def test_stored_answers_are_kept_seven_days(api, oak, order, pooled, monkeypatch):
    monkeypatch.setattr(idempotency, "TIDY_EVERY", 1)
    api.claim(oak, order, key="old")
    api.claim(oak, order, key="refused-and-not-stored")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=7, seconds=1))
    said = api.by_code(oak, pooled, road.code_of(pooled), key="new").json()
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["new"]
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=6, hours=23))
    path = f"/claims/{said['claim_id']}/return"
    assert (
        api.post(oak, path, {"reason": "closed"}, key="newer", token=said["claim_token"]).status_code == 200
    )
    assert set(IdempotencyKey.objects.values_list("key", flat=True)) == {"new", "newer"}
