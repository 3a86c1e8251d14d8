"""What the parser lets in, every table behind it can hold; what is refused is refused with its path, never by a crash."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from audit_rules import document as rx
from routing.models import Order, OrderLine
from rxcenter.accounts.models import Institution
from rxcenter.jobs.models import Job
from rxcenter.jobs.working import drain
from rxcenter.patients.models import Identity
from rxcenter.prescriptions.history_files import import_documents
from rxcenter.prescriptions.models import Prescription, PrescriptionItem
from rxcenter.review.models import AuditRun
from tests import people

URL = "/api/v1/prescriptions"


def longest(*path):
    """The bound of a text in the published schema: `part` then `field`, or a field of the document."""
    schema = rx.schema()
    node = schema["$defs"][path[0]] if len(path) == 2 else schema
    rule = node["properties"][path[-1]]
    return next(r["maxLength"] for r in [rule, *rule.get("anyOf", [])] if "maxLength" in r)


def column(model, name):
    field = model._meta.get_field(name)
    return getattr(field, "base_field", field)


def test_the_texts_of_a_document_fit_their_columns():
    assert longest("number") == column(Prescription, "number").max_length
    assert longest("Prescriber", "id") == column(Prescription, "prescriber").max_length
    assert longest("Institution", "code") == column(Institution, "code").max_length
    keys = longest("Identifier", "system") + len(":") + 32
    assert keys <= min(column(Identity, "key").max_length, column(Prescription, "patient_keys").max_length)
    assert longest("Drug", "name") <= column(PrescriptionItem, "name").max_length
    assert longest("Drug", "code") <= column(PrescriptionItem, "name").max_length
    assert longest("Address", "region") <= column(Order, "region").max_length


def test_the_numbers_of_a_document_fit_their_columns():
    days = next(r for r in rx.schema()["$defs"]["Item"]["properties"]["days"]["anyOf"] if "maximum" in r)
    field = column(PrescriptionItem, "days")
    assert days["maximum"] < 10 ** (field.max_digits - field.decimal_places)
    quantity = next(
        r for r in rx.schema()["$defs"]["Quantity"]["properties"]["value"]["anyOf"] if "type" in r
    )
    field = column(OrderLine, "authorised")
    assert quantity["exclusiveMaximum"] <= 10 ** (field.max_digits - field.decimal_places)
    assert quantity["exclusiveMinimum"] == 0


def post(client, place, body):
    raw = json.dumps(body, ensure_ascii=False)
    return client.post(URL, raw, content_type="application/json", headers=place.headers)


def widest(place):
    """A document with every text that becomes a column at its bound."""
    made = people.document(place, number="号" * longest("number"))
    made["prescriber"]["id"] = "医" * longest("Prescriber", "id")
    made["patient"]["id"] = {"system": "系" * longest("Identifier", "system"), "value": "9" * 200}
    made["patient"]["allergies"] = [{"substance": "敏" * 2000}]
    made["patient"]["conditions"] = [{"code": "N" * 2000, "name": "病" * 2000}]
    made["patient"]["current_medications"] = [
        {"drug": {"name": "旧" * longest("Drug", "name")}, "days": 3650}
    ]
    made["items"][0]["components"] = [{"name": "成" * 200, "value": 1, "unit": "mg"}]
    made["items"][0] |= {"drug": {"name": "药" * longest("Drug", "name")}, "days": 3650}
    made["items"][0]["quantity"] = {"value": 999999999.999999, "unit": "包" * 2000}
    return made


@pytest.mark.django_db
def test_a_document_at_all_its_bounds_is_stored_and_audited(client):
    north = people.north()
    answer = post(client, north, widest(north))
    assert answer.status_code == 201, answer.content
    assert drain("audit") == 1
    assert AuditRun.objects.count() == 1
    assert not Job.objects.filter(state="quarantined").exists()
    assert PrescriptionItem.objects.get().days == 3650


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("$.number", {"number": "N" * 65}),
        ("$.items[0].days", {"item__days": 10**7}),
        ("$.items[0].quantity.value", {"item__quantity": {"value": -5, "unit": "capsule"}}),
        ("$.issued_at", {"issued_at": "9999-12-31T23:59:00-12:00"}),
    ],
)
def test_beyond_a_bound_is_a_refusal_with_its_path(client, path, change):
    north = people.north()
    answer = post(client, north, people.document(north, **change))
    assert answer.status_code == 422
    assert [p["path"] for p in answer.json()["problems"]] == [path]
    assert not Prescription.objects.exists()


def issued(minutes):
    return (timezone.now() + timedelta(minutes=minutes)).isoformat(timespec="seconds")


@pytest.mark.django_db
def test_a_prescription_from_the_future_is_refused(client):
    north = people.north()
    assert post(client, north, people.document(north, issued_at=issued(9))).status_code == 201
    late = people.document(north, number="F1", issued_at=issued(12))
    answer = post(client, north, late)
    assert answer.status_code == 422
    [problem] = answer.json()["problems"]
    assert problem["path"] == "$.issued_at"
    assert problem["found"] == late["issued_at"]
    assert problem["message"]["zh"]
    listed = post(client, north, [late, people.document(north, number="F2", issued_at=issued(0))]).json()
    assert [r["status"] for r in listed["results"]] == [422, 201]
    assert not Prescription.objects.filter(number="F1").exists()


@pytest.mark.django_db
def test_nothing_is_prechecked_or_amended_into_the_future(client):
    north = people.north()
    stored = post(client, north, people.document(north)).json()["id"]
    for path, revision in (("precheck", 1), (f"prescriptions/{stored}/amend", 2)):
        body = json.dumps(people.document(north, revision=revision, issued_at=issued(60)))
        answer = client.post(f"/api/v1/{path}", body, content_type="application/json", headers=north.headers)
        assert answer.status_code == 422, path
        assert answer.json()["problems"][0]["path"] == "$.issued_at"
    assert Prescription.objects.get().current


@pytest.mark.django_db
def test_history_from_the_future_is_named_and_the_others_are_imported():
    north, at = people.north(), datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    raws = [
        json.dumps(people.document(north, number=f"H{n}", issued_at=moment)).encode()
        for n, moment in enumerate(["2026-10-01T08:00:00+08:00", "2026-11-21T12:11:00+08:00"])
    ]
    done = import_documents(raws, at=at)
    assert (done.read, done.new) == (2, 1)
    assert done.refused[0].startswith("document 2: $.issued_at")


@pytest.mark.django_db
def test_a_pharmacys_document_in_a_history_file_is_named_and_the_others_are_imported():
    north, oak = people.north(), people.oak()
    raws = [json.dumps(people.document(place)).encode() for place in (oak, north)]
    done = import_documents(raws, at=people.NOON)
    assert (done.read, done.new) == (2, 1)
    assert done.refused[0].startswith("document 1: $.institution.code: a pharmacy cannot")
