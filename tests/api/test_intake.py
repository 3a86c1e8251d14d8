"""Posting prescriptions: stored once, answered after the commit, refused with every reason."""

import hashlib
import json

import pytest

from rxcenter.jobs.models import Job
from rxcenter.ledger.models import Event
from rxcenter.prescriptions.models import Prescription
from tests import people

pytestmark = pytest.mark.django_db

URL = "/api/v1/prescriptions"


def post(client, place, body, **more):
    raw = body if isinstance(body, (bytes, str)) else json.dumps(body, ensure_ascii=False)
    return client.post(URL, raw, content_type="application/json", headers={**place.headers, **more})


def test_a_prescription_is_stored_with_its_job_and_its_event(client):
    north = people.north()
    answer = post(client, north, people.document(north))
    assert answer.status_code == 201, answer.content
    said = answer.json()
    assert said["created"] is True
    assert said["state"] == "received"
    assert answer["Location"] == f"{URL}/{said['id']}"
    assert Job.objects.filter(kind="audit", subject=said["id"], state="due").count() == 1
    event = Event.objects.get(subject=said["id"])
    assert (event.stream, event.type, event.subject_seq) == ("H0001", "prescription.received", 1)


def test_one_statement_stores_it(client, django_assert_num_queries, django_capture_on_commit_callbacks):
    north = people.north()
    with django_capture_on_commit_callbacks(
        execute=True
    ):  # the data key of the month is remembered after a commit
        post(client, north, people.document(north))
    with django_assert_num_queries(1):
        assert post(client, north, people.document(north, number="H0001-2")).status_code == 201


def test_nothing_personal_lies_in_clear(client):
    north = people.north()
    body = people.document(north, patient__phone="13812345678")
    stored = Prescription.objects.get(pk=post(client, north, body).json()["id"])
    text = json.dumps(stored.document, ensure_ascii=False) + " ".join(stored.patient_keys)
    assert "李秀英" not in text
    assert "640100195803020042" not in text
    assert "13812345678" not in text
    assert stored.document["patient"]["name"] == "李*"
    assert "李秀英".encode() not in bytes(stored.sealed)


def test_posting_twice_is_posting_once(client):
    north = people.north()
    first, second = (post(client, north, people.document(north)) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert second["Idempotent-Replayed"] == "true"
    assert {**first.json(), "created": False} == second.json()
    assert Prescription.objects.count() == Job.objects.count() == Event.objects.count() == 1


def test_the_same_number_with_other_content_is_refused(client):
    north = people.north()
    post(client, north, people.document(north))
    answer = post(client, north, people.document(north, item__days=5))
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/content-differs"
    assert Prescription.objects.count() == 1


def test_another_revision_must_come_by_amend(client):
    north = people.north()
    post(client, north, people.document(north))
    answer = post(client, north, people.document(north, revision=2))
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/amend-instead"
    assert answer.json()["current_revision"] == 1


def test_every_problem_of_a_document_is_named_at_once(client):
    north = people.north()
    body = people.document(north, issued_at="2026-11-21T09:30:00", setting="nowhere", item__days=-1)
    body["patient"]["sexx"] = "female"
    answer = post(client, north, body)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    paths = {p["path"] for p in answer.json()["problems"]}
    assert {"$.issued_at", "$.setting", "$.patient.sexx"} <= paths
    assert all(p["message"]["zh"] and p["message"]["en"] and p["allowed"] for p in answer.json()["problems"])
    assert not Prescription.objects.exists()


@pytest.mark.parametrize(
    "raw", [b" ", b"{", b"[]", b"null", b"\xff\xfe", b'{"a":1,"a":2}', b"[" * 5000, b'"\\ud800"']
)
def test_hostile_bytes_are_refused_and_leave_nothing(client, raw):
    answer = post(client, people.north(), raw)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert not Prescription.objects.exists()


def test_a_list_stores_the_good_and_names_the_bad(client):
    north = people.north()
    good, twice = people.document(north, number="A1"), people.document(north, number="A1")
    bad, foreign = people.document(north, number="A2", kind="soup"), people.document(north, number="A3")
    foreign["institution"] = {"code": "H9999"}
    answer = post(client, north, [good, bad, foreign, twice, people.document(north, number="A4")])
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [r["status"] for r in results] == [201, 422, 403, 200, 201]
    assert results[0]["id"] == results[3]["id"]
    assert {p.number for p in Prescription.objects.all()} == {"A1", "A4"}


def test_the_bytes_as_posted_are_the_evidence_alone_or_in_a_list(client):
    north = people.north()
    spaced = json.dumps(people.document(north, number="A1"), indent=1, ensure_ascii=False).encode()
    escaped = json.dumps(people.document(north, number="A2"), ensure_ascii=True).encode()
    assert {
        r["status"] for r in post(client, north, b" [" + spaced + b" ,\n" + escaped + b"] ").json()["results"]
    } == {201}
    alone = json.dumps(people.document(north, number="A3"), indent=2).encode()
    post(client, north, alone)
    kept = dict(Prescription.objects.values_list("number", "raw_hash"))
    assert kept == {
        n: hashlib.sha256(b).hexdigest() for n, b in (("A1", spaced), ("A2", escaped), ("A3", alone))
    }
    assert Event.objects.filter(body__contains=kept["A1"]).count() == 1


def test_a_list_of_a_hundred_takes_one_statement(
    client, django_assert_num_queries, django_capture_on_commit_callbacks
):
    north = people.north()
    with django_capture_on_commit_callbacks(execute=True):
        post(client, north, people.document(north))
    many = [people.document(north, number=f"B{n}") for n in range(100)]
    with django_assert_num_queries(1):
        assert post(client, north, many).status_code == 200
    assert Prescription.objects.count() == 101
    assert post(client, north, [*many, many[0]]).status_code == 422


def test_without_a_key_nothing_is_told(client):
    north = people.north()
    answer = client.post(URL, json.dumps(people.document(north)), content_type="application/json")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_key_posts_for_its_own_institution_only(client):
    north, south = people.north(), people.south()
    answer = post(client, south, people.document(north))
    assert answer.status_code == 403
    assert answer.json()["path"] == "$.institution.code"


def test_a_pharmacy_cannot_prescribe(client):
    oak = people.oak()
    assert post(client, oak, people.document(oak)).status_code == 403


def test_the_register_says_what_kind_of_institution_it_is(client):
    south = people.south()
    body = people.document(south)
    body["institution"] = {"code": south.code, "kind": "hospital", "level": "3A"}
    stored = Prescription.objects.get(pk=post(client, south, body).json()["id"])
    assert stored.document["institution"]["kind"] == "primary_care"


def test_compressed_or_other_content_is_refused(client):
    north = people.north()
    assert post(client, north, people.document(north), **{"Content-Encoding": "gzip"}).status_code == 415
    answer = client.post(URL, "a=1", content_type="application/x-www-form-urlencoded", headers=north.headers)
    assert answer.status_code == 415


def test_too_large_is_413(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = post(client, people.north(), b"[" + b" " * 2000 + b"]")
    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/too-large"
