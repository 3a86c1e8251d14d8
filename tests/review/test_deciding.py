"""Deciding: coded reasons, what no pharmacist can release, two pharmacists, and refusals that change nothing."""

from uuid import uuid4

import pytest

from rxcenter.errors import NotFound, ReasonNeeded, WrongState
from rxcenter.jobs.models import Job
from rxcenter.ledger.models import Event
from rxcenter.prescriptions.models import Prescription
from rxcenter.review.deciding import Answer, AuditedAgain, NotTaken, TokenUsed, decide
from rxcenter.review.models import AuditRun, Decision, Severity, Waiting
from rxcenter.review.taking import OwnPrescription, SamePharmacist, TakenByOther, take, take_next
from rxcenter.review.weighing import NotReleasable, Undecided
from tests.review import rows
from tests.review.rows import AT, F

pytestmark = pytest.mark.django_db

CRITICAL = F(Severity.CRITICAL, "two_pharmacists", rule="ALG001")


def answer(row: Waiting, verdict: str = "approve", **changes) -> Answer:
    return Answer(**{"verdict": verdict, "run": row.run_id, "token": uuid4(), **changes})


def everything(row: Waiting) -> tuple:
    """All that a decision could change."""
    p = Prescription.objects.values().get(pk=row.pk)
    w = Waiting.objects.values().get(pk=row.pk)
    return p, w, Decision.objects.count(), Job.objects.count(), Event.objects.count()


def refused(row: Waiting, error: type[Exception], given: Answer, by) -> None:
    before = everything(row)
    with pytest.raises(error):
        decide(row.pk, given, by=by, at=AT)
    assert everything(row) == before


def state(row: Waiting) -> str:
    return Prescription.objects.get(pk=row.pk).state


def test_approval_moves_it_writes_the_reasons_and_sends_it_to_be_routed(pia):
    row = rows.waiting(F(), F(Severity.MODERATE, None))
    take(row.pk, by=pia, at=AT)
    made = decide(row.pk, answer(row, reasons={"0": "tolerated", "1": "ignored"}), by=pia, at=AT)
    row.refresh_from_db()
    assert (state(row), row.open, row.taken_by) == ("approved", False, None)
    assert (made.final, made.reasons, made.run_id) == (True, {"0": "tolerated"}, row.run_id)
    job = Job.objects.get(subject=row.pk, kind="route")
    assert job.payload == {"groups": []}
    event = Event.objects.filter(subject=row.pk).latest("subject_seq")
    assert (event.type, event.actor) == ("prescription.approved", "pharmacist:pia")


@pytest.mark.parametrize(
    "given", [{}, {"0": ""}, {"0": "because"}, {"1": "tolerated"}, {"0": "checked_by_hand"}]
)
def test_a_major_finding_needs_a_known_reason(pia, given):
    row = rows.waiting(F())
    take(row.pk, by=pia, at=AT)
    refused(row, Undecided, answer(row, reasons=given), pia)


def test_what_was_not_checked_needs_an_answer_too(pia):
    row = rows.waiting(gaps=("weight_missing",))
    take(row.pk, by=pia, at=AT)
    refused(row, Undecided, answer(row), pia)
    decide(row.pk, answer(row, reasons={"gaps": "checked_by_hand"}), by=pia, at=AT)
    assert state(row) == "approved"


def test_where_the_engine_could_not_judge_the_pharmacist_says_that_they_did(pia):
    row = rows.waiting(why=Waiting.Why.ENGINE)
    Waiting.objects.filter(pk=row.pk).update(run=None)
    row.refresh_from_db()
    take(row.pk, by=pia, at=AT)
    refused(row, Undecided, answer(row), pia)
    decide(row.pk, answer(row, reasons={"gaps": "checked_by_hand"}), by=pia, at=AT)
    assert Job.objects.get(subject=row.pk, kind="route").payload == {"groups": ["unknown"]}


def test_a_policy_case_without_findings_needs_no_reason(pia):
    row = rows.waiting(why=Waiting.Why.POLICY)
    take(row.pk, by=pia, at=AT)
    decide(row.pk, answer(row), by=pia, at=AT)
    assert state(row) == "approved"


@pytest.mark.parametrize("release", ["nobody", "resubmit", "cosign", "double_sign", "reason"])
def test_no_pharmacist_releases_what_the_prescriber_must(pia, release):
    row = rows.waiting(F(Severity.MAJOR, release))
    take(row.pk, by=pia, at=AT)
    refused(row, NotReleasable, answer(row, reasons={"0": "benefit"}), pia)


def test_two_pharmacists_approve_a_critical_finding(pia, wei):
    row = rows.waiting(CRITICAL)
    take(row.pk, by=pia, at=AT)
    given = {"reasons": {"0": "benefit"}, "monitoring": "每日查 INR"}
    refused(row, ReasonNeeded, answer(row, reasons={"0": "benefit"}), pia)  # nothing to monitor
    first = decide(row.pk, answer(row, **given), by=pia, at=AT)
    row.refresh_from_db()
    assert (first.final, state(row), row.seconds_needed, row.taken_by) == (False, "in_review", True, None)
    assert not Job.objects.filter(kind="route").exists()
    with pytest.raises(SamePharmacist):
        take(row.pk, by=pia, at=AT)
    assert take_next(by=pia, at=AT) is None
    assert take_next(by=wei, at=AT).pk == row.pk
    second = decide(row.pk, answer(row, **given), by=wei, at=AT)
    assert (second.final, second.second_of, state(row)) == (True, first, "approved")
    assert Job.objects.filter(subject=row.pk, kind="route").count() == 1


def test_the_second_pharmacist_may_return_it_and_that_stands(pia, wei):
    row = rows.waiting(CRITICAL)
    take(row.pk, by=pia, at=AT)
    decide(row.pk, answer(row, reasons={"0": "benefit"}, monitoring="INR"), by=pia, at=AT)
    take(row.pk, by=wei, at=AT)
    decide(row.pk, answer(row, "return", code="contraindicated"), by=wei, at=AT)
    assert state(row) == "with_prescriber"
    assert not Job.objects.filter(kind="route").exists()


def test_the_event_of_a_first_approval_does_not_tell_its_verdict(pia):
    row = rows.waiting(CRITICAL)
    take(row.pk, by=pia, at=AT)
    decide(row.pk, answer(row, reasons={"0": "benefit"}, monitoring="INR"), by=pia, at=AT)
    event = Event.objects.filter(subject=row.pk).latest("subject_seq")
    assert event.type == "prescription.second_review"
    assert "approve" not in str(event.body)
    assert "benefit" not in str(event.body)


def test_a_new_audit_voids_a_first_approval(pia, wei):
    row = rows.waiting(CRITICAL)
    take(row.pk, by=pia, at=AT)
    decide(row.pk, answer(row, reasons={"0": "benefit"}, monitoring="INR"), by=pia, at=AT)
    run = AuditRun.objects.get(pk=row.run_id)
    run.pk = None
    run.save()
    Waiting.objects.filter(pk=row.pk).update(run=run)
    row.refresh_from_db()
    take(row.pk, by=pia, at=AT)  # the first pharmacist may look again: nothing of this audit is decided
    refused(row, Undecided, answer(row), pia) if run.findings.exists() else None
    made = decide(row.pk, answer(row, ask_second=True), by=pia, at=AT)
    assert (made.final, made.second_of) == (False, None)


def test_a_pharmacist_may_ask_for_a_second_one(pia, wei):
    row = rows.waiting(F())
    take(row.pk, by=pia, at=AT)
    decide(row.pk, answer(row, reasons={"0": "benefit"}, ask_second=True), by=pia, at=AT)
    assert state(row) == "in_review"
    take(row.pk, by=wei, at=AT)
    decide(row.pk, answer(row, reasons={"0": "benefit"}), by=wei, at=AT)
    assert state(row) == "approved"


def test_return_tells_the_prescriber_why_and_what_instead(pia):
    row = rows.waiting(F())
    take(row.pk, by=pia, at=AT)
    refused(row, ReasonNeeded, answer(row, "return"), pia)
    refused(
        row, ReasonNeeded, answer(row, "return", code="unlawful"), pia
    )  # a reason to reject, not to return
    refused(row, ReasonNeeded, answer(row, "return", code="other"), pia)  # other: says what
    made = decide(row.pk, answer(row, "return", code="interaction", note="改对乙酰氨基酚"), by=pia, at=AT)
    row.refresh_from_db()
    assert (state(row), row.open, row.with_prescriber) == ("with_prescriber", True, True)
    assert (made.code, made.note) == ("interaction", "改对乙酰氨基酚")
    assert Job.objects.filter(subject=row.pk, kind="expire_unanswered").exists()
    assert "改对乙酰氨基酚" not in str(
        Event.objects.filter(subject=row.pk).latest("subject_seq").body
    )  # codes only


def test_what_waits_for_its_prescriber_may_be_rejected_but_not_approved(pia):
    row = rows.waiting(F(Severity.CRITICAL, "nobody"), stopped=True)
    take(row.pk, by=pia, at=AT)
    refused(row, NotReleasable, answer(row, reasons={"0": "benefit"}), pia)
    refused(row, WrongState, answer(row, "return", code="dose"), pia)
    decide(row.pk, answer(row, "reject", code="unlawful"), by=pia, at=AT)
    row.refresh_from_db()
    assert (state(row), row.open) == ("rejected", False)


def test_only_the_holder_decides(pia, wei):
    row = rows.waiting(F())
    refused(row, NotTaken, answer(row, reasons={"0": "benefit"}), pia)
    take(row.pk, by=wei, at=AT)
    refused(row, TakenByOther, answer(row, reasons={"0": "benefit"}), pia)


def test_findings_that_changed_since_they_were_read_are_read_again(pia):
    row = rows.waiting(F())
    take(row.pk, by=pia, at=AT)
    refused(row, AuditedAgain, answer(row, run=row.run_id + 1, reasons={"0": "benefit"}), pia)


def test_a_pharmacist_of_another_hospital_finds_nothing():
    row = rows.waiting(F(), code="C0014")
    refused(row, NotFound, answer(row, reasons={"0": "benefit"}), rows.staff("local", at="H0007"))


def test_nobody_decides_on_their_own_prescription():
    row = rows.waiting(F())
    doctor = rows.staff("both", prescriber_id="D0815")
    Waiting.objects.filter(pk=row.pk).update(taken_by=doctor, taken_at=AT)
    refused(row, OwnPrescription, answer(row, reasons={"0": "benefit"}), doctor)


def test_sending_a_form_twice_is_deciding_once(pia):
    row, other = rows.waiting(F()), rows.waiting(F())
    take(row.pk, by=pia, at=AT)
    given = answer(row, reasons={"0": "benefit"})
    first = decide(row.pk, given, by=pia, at=AT)
    before = everything(row)
    assert decide(row.pk, given, by=pia, at=AT) == first
    assert everything(row) == before
    take(other.pk, by=pia, at=AT)
    refused(other, TokenUsed, answer(other, token=given.token, reasons={"0": "benefit"}), pia)


def test_what_is_decided_stays_decided(pia):
    row = rows.waiting(F())
    take(row.pk, by=pia, at=AT)
    decide(row.pk, answer(row, "reject", code="unsafe"), by=pia, at=AT)
    refused(row, WrongState, answer(row, reasons={"0": "benefit"}), pia)
