"""Amend, cancel, double-sign, history and import, through the API's doors."""

import json

import pytest

from rxcenter.jobs import working
from rxcenter.jobs.models import Job
from rxcenter.ledger.feed import events_after
from rxcenter.ledger.models import Event
from rxcenter.ledger.verifying import faults
from rxcenter.prescriptions.importing import import_history
from rxcenter.prescriptions.models import Countersignature, Prescription, StateNote
from rxcenter.prescriptions.receiving import receive
from rxcenter.review.models import AuditRun, Waiting
from tests import people

pytestmark = pytest.mark.django_db
URL = "/api/v1/prescriptions"


def call(client, place, path, body):
    return client.post(
        f"{URL}{path}", json.dumps(body), content_type="application/json", headers=place.headers
    )


def stored(place, **changes):
    [receipt] = receive([people.posted(place, **changes)], at=people.NOON)
    return receipt.id


def test_amending_replaces_the_revision_and_audits_the_new_one(client):
    north = people.north()
    pk = stored(north)
    working.drain("audit")
    body = people.document(north, revision=2, item__days=5)
    answer = call(client, north, f"/{pk}/amend", body)
    assert answer.status_code == 201, answer.content
    old, new = Prescription.objects.get(pk=pk), Prescription.objects.get(pk=answer.json()["id"])
    assert (old.state, old.current, new.state, new.current) == ("replaced", False, "received", True)
    assert Job.objects.filter(subject=new.pk, kind="audit", state="due").exists()
    assert not Waiting.objects.get(prescription=old).open
    again = call(client, north, f"/{pk}/amend", body)
    assert (again.status_code, again.json()["id"]) == (200, str(new.pk))
    assert list(faults()) == []


@pytest.mark.parametrize("changes", [{"revision": 3}, {"revision": 1}, {"revision": 2, "number": "other"}])
def test_an_amendment_is_the_next_revision_of_the_same_number(client, changes):
    north = people.north()
    pk = stored(north)
    answer = call(client, north, f"/{pk}/amend", people.document(north, **changes, item__days=2))
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/revision-out-of-order"
    assert Prescription.objects.get().state == "received"


def test_cancelling_needs_a_reason_ends_it_and_answers_the_same_again(client):
    north = people.north()
    pk = stored(north)
    assert call(client, north, f"/{pk}/cancel", {}).status_code == 422
    assert (
        call(client, north, f"/{pk}/cancel", {"reason": "x", "resaon": "y"}).json()["problems"][0]["path"]
        == "$.resaon"
    )
    for _ in range(2):
        assert call(client, north, f"/{pk}/cancel", {"reason": "患者要求"}).status_code == 200
    assert Prescription.objects.get().state == "cancelled"
    assert working.drain("audit") == 1  # its audit finds it ended and leaves it alone
    assert not AuditRun.objects.exists()


def test_free_text_stays_out_of_the_ledger(client):
    north = people.north()
    pk = stored(north)
    body = {"code": "patient_request", "reason": "患者李秀英 13912345678 要求"}
    assert call(client, north, f"/{pk}/cancel", body).status_code == 200
    event = Event.objects.get(type="prescription.cancelled")
    assert '"reason":"patient_request"' in event.body
    assert not Event.objects.filter(body__contains="李秀英").exists()
    assert StateNote.objects.get(prescription=pk).text == body["reason"]


def test_anothers_prescription_does_not_exist(client):
    north, south = people.north(), people.south()
    pk = stored(north)
    assert client.get(f"{URL}/{pk}", headers=south.headers).status_code == 404
    assert client.get(f"{URL}?number=H0001-20261121-00042", headers=south.headers).status_code == 404
    for path, body in (("cancel", {"reason": "x"}), ("amend", people.document(south, revision=2))):
        assert call(client, south, f"/{pk}/{path}", body).status_code == 404
    assert Prescription.objects.get().state == "received"


def test_reading_by_id_and_by_number(client):
    north = people.north()
    pk = stored(north)
    working.drain("audit")
    for path in (f"/{pk}", "?number=H0001-20261121-00042", "?number=H0001-20261121-00042&revision=1"):
        said = client.get(URL + path, headers=north.headers).json()
        assert (said["id"], said["audit"]["number"]) == (str(pk), "H0001-20261121-00042")
    assert client.get(URL, headers=north.headers).status_code == 422


def test_a_key_without_the_scope_is_told_which(client):
    oak = people.oak()
    answer = client.get(f"{URL}?number=1", headers=oak.headers)
    assert answer.status_code == 403
    assert answer.json()["scope"] == "prescriptions"


HERBAL = {
    "kind": "herbal",
    "herbal": {"doses": 7, "per_day": 1, "usage": "水煎服", "disease": "咳嗽", "syndrome": "痰湿"},
}


def incompatible(place):
    """十八反: 甘草 with 甘遂."""

    def item(line, name, grams):
        return {"line": line, "drug": {"name": name}, "dose": {"value": grams, "unit": "g"}}

    items = [item(1, "甘草", 3), item(2, "海藻", 9)]
    return stored(place, **HERBAL, items=items)


def test_a_double_signature_lowers_a_finding_to_a_pharmacists_decision(client):
    north = people.north()
    pk = incompatible(north)
    working.drain("audit")
    row = Prescription.objects.get()
    assert row.state == "with_prescriber"
    findings = AuditRun.objects.get().report["findings"]
    [rule] = {f["rule"] for f in findings if (f["release"], f["severity"]) == ("double_sign", "critical")}
    body = {"revision": 1, "findings": [rule], "signer": "D0815", "reason": "经方,已告知患者"}
    assert (
        call(client, north, f"/{pk}/double-sign", {**body, "signer": "D9"}).json()["problems"][0]["path"]
        == "$.signer"
    )
    assert call(client, north, f"/{pk}/double-sign", {**body, "findings": ["XXX001"]}).status_code == 422
    assert call(client, north, f"/{pk}/double-sign", {**body, "revision": 2}).status_code == 422
    answer = call(client, north, f"/{pk}/double-sign", body)
    assert (answer.status_code, answer.json()["state"]) == (200, "auditing")
    assert call(client, north, f"/{pk}/double-sign", body).status_code == 200  # again: nothing new
    assert Countersignature.objects.count() == 1
    working.drain("audit")
    assert (
        call(client, north, f"/{pk}/double-sign", body).json()["state"] == "in_review"
    )  # again, after the new audit
    row.refresh_from_db()
    assert row.state == "in_review"  # never approved by a signature
    waiting = Waiting.objects.get()
    assert (waiting.open, waiting.with_prescriber, waiting.severity) == (True, False, 30)


def test_imported_history_is_no_work_and_no_news(client):
    north = people.north()
    rows = [
        people.posted(north, number=f"OLD{n}", issued_at=f"2026-10-0{n + 1}T08:00:00+08:00") for n in range(3)
    ]
    assert import_history(rows, at=people.NOON) == 3
    assert import_history(rows, at=people.NOON) == 0
    assert set(Prescription.objects.values_list("state", flat=True)) == {"imported"}
    assert not Job.objects.exists()
    assert events_after("H0001", 0, 100) == []
    assert list(faults()) == []
    now = stored(north)
    working.drain("audit")
    assert AuditRun.objects.get(prescription=now).history_linked == 3


def test_precheck_answers_the_report_and_stores_nothing(client):
    north = people.north()
    import_history(
        [people.posted(north, number="OLD", issued_at="2026-11-01T08:00:00+08:00")], at=people.NOON
    )
    counts = [Prescription.objects.count(), Job.objects.count()]
    raw = json.dumps(people.document(north))
    answer = client.post("/api/v1/precheck", raw, content_type="application/json", headers=north.headers)
    assert answer.status_code == 200, answer.content
    assert set(answer.json()) >= {"number", "outcome", "findings", "not_checked", "history", "catalogue"}
    assert answer.json()["history"] == {"linked": 1, "status": "complete"}
    assert [Prescription.objects.count(), Job.objects.count()] == counts


def test_the_feed_is_complete_and_ones_own(client):
    north, south = people.north(), people.south()
    for n in range(3):
        stored(north, number=f"N{n}")
    stored(south)
    first = client.get("/api/v1/events?limit=2", headers=north.headers).json()
    rest = client.get(f"/api/v1/events?after={first['next']}", headers=north.headers).json()
    seqs = [e["seq"] for e in first["events"] + rest["events"]]
    assert seqs == [1, 2, 3]
    assert client.get("/api/v1/events?after=x", headers=north.headers).status_code == 422
    assert len(client.get("/api/v1/events", headers=south.headers).json()["events"]) == 1
