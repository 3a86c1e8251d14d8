"""Front door to back door, and what happens when something is killed on the way."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.utils import timezone

from routing.models import Claim, Dispenser
from rxcenter.accounts.roles import Role
from rxcenter.jobs.models import Job
from rxcenter.ledger.verifying import faults
from rxcenter.prescriptions.models import Prescription
from rxcenter.review.models import AuditRun, Waiting
from tests import people

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.processes,
    pytest.mark.xdist_group("processes"),
]
POST = "/api/v1/prescriptions"


@pytest.fixture
def north():
    place = people.north()
    Dispenser.objects.create(institution=place.institution, licences=["injection", "herbal"])
    people.automatic_pass()
    return place


def audited(count):
    def check():
        done = AuditRun.objects.filter(first=True).count()
        return done == count and not Job.objects.filter(kind="audit", state__in=["due", "running"]).exists()

    return check


def documents(place, count):
    return [people.document(place, number=f"J{n}") for n in range(count)]


def test_from_the_post_to_the_hand_over(centre, north):
    posted = centre.post(north, POST, people.document(north))
    assert posted.status_code == 201, posted.text
    pk = posted.json()["id"]
    offer = centre.until(lambda: centre.get(north, "/api/v1/offers")["offers"], "an offer")[0]
    claim = centre.post(
        north, "/api/v1/claims", {"order": offer["order"]}, **{"Idempotency-Key": str(uuid4())}
    )
    assert claim.status_code == 201, claim.text
    code = centre.get(north, f"{POST}/{pk}/pickup")["code"]
    body = {
        "local_id": "D-1",
        "pharmacist": "PH-7",
        "handed_over_at": timezone.now().isoformat(),
        "code": code,
    }
    headers = {"Idempotency-Key": str(uuid4()), "Claim-Token": claim.json()["claim_token"]}
    dispensed = centre.post(north, f"/api/v1/claims/{claim.json()['claim_id']}/dispenses", body, **headers)
    assert dispensed.status_code == 201, dispensed.text
    seen = centre.get(north, f"{POST}/{pk}")
    assert (seen["state"], seen["orders"][0]["state"]) == ("completed", "completed")
    types = [e["type"] for e in centre.get(north, "/api/v1/events")["events"]]
    assert types[0] == "prescription.received"
    assert {"prescription.audit_passed", "order.claimed", "order.dispensed", "prescription.completed"} <= set(
        types
    )
    assert list(faults()) == []


def test_a_held_prescription_waits_for_a_pharmacist(centre, north):
    body = people.document(north, number="HELD", item__drug={"name": "不存在的药"})
    pk = centre.post(north, POST, body).json()["id"]
    centre.until(lambda: Waiting.objects.filter(prescription=pk, open=True).exists(), "the queue")
    assert centre.get(north, f"{POST}/{pk}")["state"] == "in_review"
    assert centre.get(north, "/api/v1/offers")["offers"] == []
    people.staff("pia", Role.PHARMACIST)


def test_a_killed_worker_loses_nothing_and_does_nothing_twice(centre, north):
    def post_all():
        for start in range(0, 400, 50):
            batch = [people.document(north, number=f"K{n}") for n in range(start, start + 50)]
            assert centre.post(north, POST, batch).status_code == 200

    poster = threading.Thread(target=post_all)
    poster.start()
    for _ in range(3):
        centre.until(
            lambda: Job.objects.filter(state="running").exists() or not poster.is_alive(), "work in hand", 20
        )
        if pid := centre.group.pid("worker"):
            os.killpg(pid, signal.SIGKILL)
    poster.join()
    with_leases = Job.objects.filter(state="running")
    with_leases.update(lease_until="2026-01-01T00:00:00Z")  # the minute of the lease, shortened for the test
    centre.until(audited(400), "400 audits", 90)
    assert Prescription.objects.filter(state="received").count() == 0
    assert AuditRun.objects.count() == 400
    # faults() reads heads and then events: orders still being written meanwhile would look like a fault.
    now = {"state__in": ["due", "running"], "due_at__lte": timezone.now()}
    centre.until(lambda: not Job.objects.filter(**now).exists(), "nothing left to do now", 60)
    assert list(faults()) == []


def test_a_flushed_redis_loses_nothing(centre, north):
    stop = threading.Event()

    def flush():
        while not stop.wait(0.02):
            centre.redis.flushdb()

    flusher = threading.Thread(target=flush)
    flusher.start()
    try:
        for document in documents(north, 60):
            assert centre.post(north, POST, document).status_code == 201
    finally:
        stop.set()
        flusher.join()
    centre.until(audited(60), "60 audits")


def test_posting_twice_at_once_stores_once(centre, north):
    document = people.document(north)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: centre.post(north, POST, document), range(20)))
    assert sorted(a.status_code for a in answers) == [200] * 19 + [201]
    assert len({a.json()["id"] for a in answers}) == 1
    centre.until(audited(1), "the audit")
    assert Prescription.objects.count() == 1


def test_a_web_process_killed_in_mid_post_is_answered_on_retry(centre, north):
    wanted = documents(north, 80)
    killer = threading.Timer(0.3, lambda: os.killpg(centre.group.pid("web"), signal.SIGKILL))
    killer.start()
    for document in wanted:

        def stored(document=document):
            try:
                return centre.post(north, POST, document).status_code in (200, 201)
            except OSError:
                return False

        centre.until(stored, "an answer after the restart")
    killer.join()
    assert centre.group.starts("web") >= 2
    assert Prescription.objects.count() == 80
    centre.until(audited(80), "80 audits")


def test_fifty_claims_at_once_have_one_winner(centre, north):
    pk = centre.post(north, POST, people.document(north)).json()["id"]
    offer = centre.until(lambda: centre.get(north, "/api/v1/offers")["offers"], "an offer")[0]
    with ThreadPoolExecutor(50) as pool:
        answers = list(
            pool.map(
                lambda _: centre.post(
                    north, "/api/v1/claims", {"order": offer["order"]}, **{"Idempotency-Key": str(uuid4())}
                ),
                range(50),
            )
        )
    assert sorted(a.status_code for a in answers) == [201] + [409] * 49, [a.text for a in answers][:3]
    assert Claim.objects.filter(order__prescription=pk).count() == 1
