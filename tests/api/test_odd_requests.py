"""Requests no working client sends are told so: a problem document, never a 500."""

import json

import pytest

from audit_rules import document as rx
from rxcenter.prescriptions.models import Prescription
from tests import people

pytestmark = pytest.mark.django_db
API = "/api/v1"
DEEP = "[" * 200_000


@pytest.fixture
def north(client):
    found = people.north()
    answer = client.post(
        f"{API}/prescriptions",
        json.dumps(people.document(found)),
        content_type="application/json",
        headers=found.headers,
    )
    assert answer.status_code == 201
    return found


def told(answer, status):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    return answer.json()


@pytest.mark.parametrize(
    "path",
    [
        "prescriptions?number=%00",
        "prescriptions?number=X&revision=%00",
        "events?after=%00",
        "events?x=a%00b",
        "offers?after=%00",
    ],
)
def test_a_nul_in_the_address_is_refused(client, north, path):
    told(client.get(f"{API}/{path}", headers=north.headers), 400)


@pytest.mark.parametrize("revision", ["²", "٣", "１", "-1", "1.0", "9" * 30])
def test_a_revision_is_written_in_plain_digits(client, north, revision):
    number = Prescription.objects.get().number
    answer = client.get(
        f"{API}/prescriptions", {"number": number, "revision": revision}, headers=north.headers
    )
    assert told(answer, 422)["problems"][0]["path"] == "revision"


def test_an_ordinary_revision_is_found(client, north):
    number = Prescription.objects.get().number
    for revision, status in (("1", 200), ("2", 404), ("9999", 404)):
        answer = client.get(
            f"{API}/prescriptions", {"number": number, "revision": revision}, headers=north.headers
        )
        assert answer.status_code == status


@pytest.mark.parametrize("name", ["after", "limit"])
@pytest.mark.parametrize("value", ["²", "٣", "-1", "", "9" * 30])
def test_the_feed_wants_plain_digits(client, north, name, value):
    answer = client.get(f"{API}/events", {name: value}, headers=north.headers)
    assert told(answer, 422)["problems"][0]["path"] == name


def test_the_feed_takes_the_largest_number_it_says_it_takes(client, north):
    answer = client.get(f"{API}/events", {"after": "9" * 15, "limit": "0"}, headers=north.headers)
    assert answer.status_code == 200
    assert answer.json()["events"] == []


@pytest.mark.parametrize(
    "body",
    [
        DEEP,
        '{"a":' * 100_000,
        "[]",
        "3",
        '"x"',
        "null",
        "",
        "\x00",
        '{"reason": "a\\u0000"}',
        '{"reason": "\\ud800"}',
    ],
)
@pytest.mark.parametrize("action", ["cancel", "double-sign"])
def test_a_body_that_is_none_is_refused(client, north, action, body):
    stored = Prescription.objects.get()
    answer = client.post(
        f"{API}/prescriptions/{stored.pk}/{action}",
        body,
        content_type="application/json",
        headers=north.headers,
    )
    assert answer.status_code in (400, 422), answer.content
    told(answer, answer.status_code)
    stored.refresh_from_db()
    assert stored.state == "received"


@pytest.mark.parametrize(
    "path", ["claims", "offers/1/decline", "claims/0193b1d2-7c4a-7000-8000-000000000001/return"]
)
def test_a_bottomless_body_is_refused_at_the_dispensers_doors(client, path):
    oak = people.oak()
    headers = {**oak.headers, "Idempotency-Key": "0193b1d2-7c4a-7000-8000-00000000aaaa", "Claim-Token": "x"}
    told(client.post(f"{API}/{path}", DEEP, content_type="application/json", headers=headers), 400)


def test_who_reads_the_schema_does_not_break_it(client, north):
    before = rx.schema()
    assert client.get("/api/schema").status_code == 200
    answer = client.post(f"{API}/prescriptions", "{}", content_type="application/json", headers=north.headers)
    assert "$.number" in {p["path"] for p in told(answer, 422)["problems"]}
    assert rx.schema() == before
    assert before["$defs"]["Item"]


@pytest.mark.parametrize("path", ["prescriptions", "precheck"])
def test_a_bottomless_document_is_refused(client, north, path):
    told(client.post(f"{API}/{path}", DEEP, content_type="application/json", headers=north.headers), 422)
