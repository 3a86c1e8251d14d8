"""The history an audit sees: every institution's, whichever prescription came first, and nobody else's."""

import json
import threading
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connections, transaction

from rxcenter.accounts.roles import Actor, Role
from rxcenter.jobs import working
from rxcenter.jobs.models import Job
from rxcenter.patients.merging import settle
from rxcenter.patients.models import AccessLog, Identity, MergeCandidate
from rxcenter.prescriptions.history import around, around_unstored
from rxcenter.prescriptions.importing import attach_persons, import_history
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.receiving import receive
from rxcenter.review.models import AuditRun, Waiting
from tests import people

pytestmark = pytest.mark.django_db
CARD = {"system": "health_card", "value": "640100195803020042"}
OPA = Actor(Role.OPERATOR, "opa")


def drug(name, dose, unit="mg", days=28):
    return [
        {"line": 1, "drug": {"name": name}, "dose": {"value": dose, "unit": unit}, "route": "oral"}
        | {"frequency": "qd", "days": days}
    ]


WARFARIN, IBUPROFEN = drug("warfarin", 3), drug("ibuprofen", 400)


def stored(place, number, **changes):
    [receipt] = receive([people.posted(place, number=number, **changes)], at=people.NOON)
    assert receipt.id, receipt.refusal
    return receipt.id


def interactions(pk):
    report = AuditRun.objects.filter(prescription=pk).latest("pk").report
    return [f for f in report["findings"] if f["category"] == "interaction" and f["history"]]


def state(pk):
    return Prescription.objects.get(pk=pk).state


def test_history_reaches_across_institutions_and_both_ways(settings):
    north, south = people.north(), people.south()
    first = stored(north, "A", issued_at="2026-11-01T08:00:00+08:00")
    cancelled = stored(south, "B", issued_at="2026-11-02T08:00:00+08:00", patient__id=CARD)
    later = stored(south, "C", issued_at="2026-11-20T08:00:00+08:00")
    now = stored(south, "D", issued_at="2026-11-10T08:00:00+08:00")
    working.drain("audit")
    Prescription.objects.filter(pk=cancelled).update(state="cancelled")
    assert [d.number for d in around([now])[now]] == ["A", "C"]
    keys = Prescription.objects.get(pk=later).patient_keys
    docs, unlinked = around_unstored(keys, issued_at=people.NOON)
    assert ([d.number for d in docs], unlinked) == (["A", "D", "C"], False)
    assert AuditRun.objects.get(prescription=first).history_linked == 3  # B was not cancelled yet
    settings.HISTORY_DAYS = 9
    assert [d.number for d in around([now])[now]] == ["A"]
    assert around([later])[later] == []
    assert around_unstored([], issued_at=people.NOON) == ([], True)


@pytest.mark.parametrize("minutes", [0, 5, -5])
@pytest.mark.parametrize("one_batch", [True, False])
def test_of_two_prescriptions_the_one_audited_last_sees_the_other(minutes, one_batch):
    """Posted at the same moment, or late: issued before one that the centre has audited already."""
    north, south = people.north(), people.south()
    at = people.NOON
    first = stored(north, "A", items=WARFARIN, issued_at=at.isoformat())
    if not one_batch:
        working.drain("audit")
        assert not interactions(first)
    second = stored(
        south, "B", items=IBUPROFEN, issued_at=(at + timedelta(minutes=minutes)).isoformat(), patient__id=CARD
    )
    working.drain("audit")
    [found, *_] = interactions(second)
    assert found["history"] == [{"institution": "H0001", "number": "A", "line": 1}]
    assert state(second) in ("in_review", "with_prescriber")
    assert bool(interactions(first)) == one_batch


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_one_patient_do_not_miss_each_other():
    north = people.north()
    import_history(
        [people.posted(north, number="OLD", issued_at="2026-11-01T08:00:00+08:00")], at=people.NOON
    )
    ids = [stored(north, n) for n in ("A", "B")]
    seen: dict[UUID, list[str]] = {}
    start = threading.Barrier(2)

    def work(pk):
        try:
            keys = Prescription.objects.get(pk=pk).patient_keys
            start.wait(10)
            with transaction.atomic():
                attach_persons({pk: keys}, at=people.NOON)
                seen[pk] = [d.number for d in around([pk])[pk]]
                threading.Event().wait(0.3)  # the rest of the audit
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(pk,)) for pk in ids]
    [t.start() for t in threads]
    [t.join(20) for t in threads]
    assert sorted(map(len, seen.values())) == [1, 2]


def test_a_patient_without_a_usable_identifier_waits_for_a_pharmacist():
    north = people.north()
    people.automatic_pass()
    quiet = {"items": drug("amlodipine", 5, days=7), "diagnoses": [{"code": "I10", "name": "高血压"}]}
    named = stored(north, "A", **quiet)
    blanks = [
        stored(north, n, **quiet, patient__id={"system": "health_card", "value": v})
        for n, v in (("B", "无"), ("C", "无"), ("D", "-"))
    ]
    working.drain("audit")
    assert state(named) == "approved"
    assert {state(pk) for pk in blanks} == {"in_review"}
    assert {Prescription.objects.get(pk=pk).person_id for pk in blanks} == {None}
    for run in AuditRun.objects.filter(prescription__in=blanks):
        assert run.report["history"] == {"linked": 0, "status": "identity_unlinked"}
        assert ("identity_unlinked", True) in {(g["reason"], g["holds"]) for g in run.report["not_checked"]}


def conflicting(north):
    """A with warfarin on the card, B for ibuprofen on the resident ID, then B2 that names both."""
    resident = {"system": "resident_id", "value": "640100195803020099"}
    a = stored(north, "A", items=WARFARIN)
    b = stored(north, "B", items=IBUPROFEN, patient__id=resident, patient__other_ids=None)
    working.drain("audit")
    quiet = {"items": drug("amlodipine", 5, days=7), "diagnoses": [{"code": "I10", "name": "高血压"}]}
    both = stored(north, "C", **quiet, patient__other_ids=[resident])
    working.drain("audit")
    return a, b, both


def test_a_merge_has_what_waits_audited_with_the_whole_history():
    north = people.north()
    people.automatic_pass()
    a, b, both = conflicting(north)
    assert state(both) == "in_review"
    assert not interactions(b)
    waiting = [pk for pk in (a, b, both) if state(pk) in ("in_review", "with_prescriber")]
    settle(MergeCandidate.objects.get().pk, same=True, by=OPA, at=people.NOON, reason="同一人")
    working.drain("persons_merged")
    assert {state(pk) for pk in waiting} == {"auditing"}
    working.drain("audit")
    linked = {r.prescription_id: r.report["history"] for r in AuditRun.objects.order_by("pk")}
    assert all(linked[pk] == {"linked": 2, "status": "complete"} for pk in waiting)
    assert not Job.objects.filter(state="due", kind__in=("audit", "persons_merged")).exists()


def test_two_persons_kept_apart_are_not_audited_again():
    north = people.north()
    conflicting(north)
    before = AuditRun.objects.count()
    settle(MergeCandidate.objects.get().pk, same=False, by=OPA, at=people.NOON, reason="两人")
    assert not Job.objects.filter(kind="persons_merged").exists()
    assert AuditRun.objects.count() == before
    assert Waiting.objects.filter(open=True).exists()


def test_an_imported_batch_is_linked_as_a_whole():
    north = people.north()
    resident = [{"system": "resident_id", "value": "640100195803020099"}]
    rows = [
        people.posted(north, number=n, patient__id={**CARD, "value": n}, patient__other_ids=resident)
        for n in ("R1", "R2")
    ]
    assert import_history(rows, at=people.NOON) == 2
    assert Prescription.objects.values_list("person", flat=True).distinct().count() == 1
    assert Identity.objects.count() == 3
    assert not MergeCandidate.objects.exists()


def precheck(client, place, **changes):
    raw = json.dumps(people.document(place, **changes))
    return client.post("/api/v1/precheck", raw, content_type="application/json", headers=place.headers).json()


def test_a_precheck_that_reads_other_institutions_is_written_down(client):
    north, south = people.north(), people.south()
    import_history([people.posted(north, number="A", items=WARFARIN)], at=people.NOON)
    assert precheck(client, north)["history"]["linked"] == 1
    assert precheck(client, south, patient__id={**CARD, "value": "77"})["history"]["linked"] == 0
    assert not AccessLog.objects.exists()  # one's own, or nothing
    assert precheck(client, south, items=IBUPROFEN, patient__id=CARD)["outcome"] != "pass"
    log = AccessLog.objects.get()
    [key, *_] = Prescription.objects.get().patient_keys
    assert (log.actor, log.role) == (south.client.key_id, "placer")
    assert (log.institution, log.purpose, log.fields, log.prescription, log.patient) == (
        "C0002", "precheck", "history", None, key,
    )  # fmt: skip


def test_a_precheck_of_a_nameless_patient_holds(client):
    said = precheck(client, people.north(), patient__id={**CARD, "value": "未知"})
    assert said["history"] == {"linked": 0, "status": "identity_unlinked"}
    assert said["outcome"] != "pass"
