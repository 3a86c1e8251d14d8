"""The sums of a run: they hold for a whole run, and each break is seen."""

import pytest
from django.utils import timezone

from rxcenter.demo import counting
from rxcenter.jobs import queue
from rxcenter.jobs.models import Job
from rxcenter.ledger.recording import transaction
from rxcenter.prescriptions.receiving import receive
from rxcenter.review.auditing import audit_batch
from tests import people

WHOLE = {
    "posted": 100, "refused": 2, "stored": 98, "audited": 95, "pending": 2, "quarantined": 1, "passed": 80,
    "in_review": 9, "stopped": 6, "held_by_policy": 14, "approved": 70, "returned": 3, "rejected": 1, "routed": 70,
    "claimed": 50, "dispensed": 40, "lost": 0, "seconds": 1.0,
}  # fmt: skip


def test_whole_numbers_have_no_break():
    assert set(WHOLE) == set(counting.COUNTED)
    assert counting.broken(WHOLE) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"stored": 97, "audited": 94, "passed": 79}, "posted = refused + stored + lost"),
        ({"audited": 94, "passed": 79}, "stored = audited + pending + quarantined"),
        ({"passed": 79}, "audited = passed + in_review + stopped"),
        ({"held_by_policy": 81}, "passed >= held_by_policy"),
        ({"claimed": 71}, "routed >= claimed"),
        ({"dispensed": 51}, "claimed >= dispensed"),
        ({"approved": 69}, "approved >= routed"),
    ],
)
def test_each_break_is_named(change, named):
    [sentence] = counting.broken({**WHOLE, **change})
    assert sentence.startswith(named)


def test_a_lost_document_keeps_the_first_sum():
    assert counting.broken({**WHOLE, "stored": 97, "lost": 1, "audited": 94, "passed": 79}) == []


@pytest.fixture
def stored(db):
    """Three stored prescriptions of hospital North, by id."""
    north = people.north()
    receipts = receive([people.posted(north, number=f"N{n}") for n in range(3)], at=timezone.now())
    return [str(r.id) for r in receipts]


def test_counts_what_is_in_the_database(stored):
    numbers = counting.tally(posted=4, refused=1, ids=stored, seconds=2.04)
    assert (numbers["stored"], numbers["pending"], numbers["audited"], numbers["lost"]) == (3, 3, 0, 0)
    assert numbers["seconds"] == 2.0


def test_a_201_that_is_not_in_the_database_is_lost(stored):
    missing = "00000000-0000-7000-8000-000000000000"
    assert counting.tally(posted=4, refused=0, ids=[*stored, missing], seconds=1)["lost"] == 1


def test_silence_is_lost_too(stored):
    assert counting.tally(posted=5, refused=1, ids=stored, seconds=1)["lost"] == 1


def test_two_documents_under_one_id_are_one_too_few(stored):
    assert counting.tally(posted=3, refused=0, ids=[stored[0], stored[0], stored[1]], seconds=1)["lost"] == 1


def test_a_prescription_without_a_job_and_an_audit_breaks_a_sum(stored):
    Job.objects.filter(subject=stored[0]).delete()
    numbers = counting.tally(posted=3, refused=0, ids=stored, seconds=1)
    assert (numbers["pending"], numbers["lost"]) == (2, 1)


def test_outcomes_are_those_of_the_first_audit(stored):
    jobs, at = queue.claim("audit", 10)
    with transaction():
        audit_batch(jobs, at)
        queue.finish(jobs)
    numbers = counting.tally(posted=3, refused=0, ids=stored, seconds=1)
    assert (numbers["audited"], numbers["pending"], numbers["lost"]) == (3, 0, 0)
    assert numbers["passed"] + numbers["in_review"] + numbers["stopped"] == 3
