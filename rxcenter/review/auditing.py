"""The audit job: a batch of prescriptions, judged by the engine, written down and moved on in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils import timezone

from audit_rules import document as rx
from audit_rules.case import Case
from audit_rules.engine import audit
from audit_rules.report import Report
from rxcenter.accounts.roles import SYSTEM
from rxcenter.jobs.queue import NewJob, Work, add
from rxcenter.prescriptions.history import around, until
from rxcenter.prescriptions.importing import attach_persons
from rxcenter.prescriptions.lifecycle import Step, lock, move_all
from rxcenter.prescriptions.models import Countersignature, Prescription
from rxcenter.prescriptions.states import BEFORE_AUDIT
from rxcenter.prescriptions.tombstones import meet
from rxcenter.review import catalogue, policy, recording
from rxcenter.review.approval import route_job
from rxcenter.review.models import AuditRun, PassPolicy, Waiting
from rxcenter.review.summarising import drug_groups
from rxcenter.review.timing import WITH_PRESCRIBER_DAYS, due

PHARMACISTS_CAN_RELEASE = frozenset({"pharmacist", "two_pharmacists"})


@dataclass(frozen=True, slots=True)
class Judged:
    """One prescription with its case, its report and what follows."""

    row: Prescription
    case: Case
    report: Report
    groups: list[str]  # of drugs, for policy and routing
    move: str
    why: Waiting.Why | None  # None: approved, nothing waits

    @property
    def automatic(self) -> bool:
        return self.move == "audit_passed"


def audit_batch(jobs: Sequence[Work], at: datetime) -> None:
    """Judge the prescriptions of `jobs`. One that is past its audit already (a job done twice) is left alone."""
    ids = [j.subject for j in jobs]
    waiting = Prescription.objects.filter(pk__in=ids, state__in=BEFORE_AUDIT).defer("document", "sealed")
    with_text = waiting.annotate(text=Cast("document", TextField()))
    rows = {row: row.text for row in with_text.order_by("pk").select_for_update(of=("self",))}
    cancelled = meet(list(rows), at=at)
    rows = {row: text for row, text in rows.items() if row not in cancelled}
    if not rows:
        return
    judged = _judge(rows, at)
    runs = recording.write(judged, at)
    _move_on(judged, runs, at)


def _judge(rows: Mapping[Any, str], at: datetime) -> list[Judged]:
    unlinked = attach_persons({r.pk: r.patient_keys for r in rows}, at=at)
    histories = around([r.pk for r in rows])
    releases = _releases([r.pk for r in rows])
    books, open_rows = catalogue.current(), policy.rows_in_force(timezone.localdate(at))
    judged = []
    for row, text in rows.items():
        doc = rx.decode_stored(text.encode())
        case = Case.of(doc, history=histories[row.pk], catalogue=books, until=until(doc.issued_at))
        status = "identity_unlinked" if unlinked[row.pk] else "complete"
        report = audit(
            case, profile=settings.AUDIT_PROFILE, history_status=status, releases=releases.get(row.pk, ())
        )
        judged.append(_next(row, case, report, open_rows))
    return judged


def _next(row: Prescription, case: Case, report: Report, rows: list[PassPolicy]) -> Judged:
    groups = drug_groups(case)
    if report.outcome == "pass":
        kind = case.document.institution.kind or ""
        if policy.automatic(rows, setting=case.setting, institution_kind=kind, groups=groups):
            return Judged(row, case, report, groups, "audit_passed", None)
        return Judged(row, case, report, groups, "audit_held", Waiting.Why.POLICY)
    serious = [f for f in report.findings if f.severity.word in ("critical", "major")]
    why = Waiting.Why.FINDINGS if serious else Waiting.Why.GAPS
    stops = [f for f in serious if f.severity.word == "critical"]
    if not all(f.release in PHARMACISTS_CAN_RELEASE for f in stops):
        return Judged(row, case, report, groups, "audit_stopped", why)
    return Judged(row, case, report, groups, "audit_held", why)


def _releases(ids: list[UUID]) -> dict[UUID, list[dict[str, str]]]:
    """Signatures and reasons recorded through the API, as the engine takes them."""
    found: dict[UUID, list[dict[str, str]]] = {}
    for s in Countersignature.objects.filter(prescription__in=ids).order_by("pk"):
        for rule in s.rules:
            found.setdefault(s.prescription_id, []).append(
                {"kind": s.kind, "rule": rule, "signer": s.signer, "reason": s.reason}
            )
    return found


def _move_on(judged: list[Judged], runs: dict[UUID, AuditRun], at: datetime) -> None:
    steps, jobs = [], []
    for one in judged:
        run = runs[one.row.pk]
        findings = [
            {"rule": f.rule, "severity": f.severity.word, "release": f.release, "lines": list(f.lines)}
            for f in one.report.findings
            if f.severity.word in ("critical", "major") or one.move == "audit_stopped"
        ]
        body = {
            "outcome": one.report.outcome,
            "findings": findings,
            "catalogue": one.report.catalogue,
            "audit": run.pk,
        }
        if one.why is not None:
            body["why"] = one.why.name.lower()
        steps.append(Step(one.row.pk, one.move, body=body))
        if one.automatic:
            jobs.append(route_job(one.row.pk, run))
        elif one.move == "audit_stopped":
            jobs.append(NewJob("expire_unanswered", one.row.pk, at + timedelta(days=WITH_PRESCRIBER_DAYS)))
    move_all(steps, by=SYSTEM, at=at)
    add(jobs)


def give_up(job: Work, at: datetime) -> None:
    """The engine could not judge: a pharmacist does, and sees that nothing was checked. What an older audit said is gone."""
    row = lock([job.subject]).get(job.subject)
    if row is None or row.state not in BEFORE_AUDIT:
        return
    nothing: dict[str, Any] = {
        "worst": None,
        "count": 0,
        "chips": [],
        "patient": {},
        "drugs": [],
        "unmapped": [],
    }
    Waiting.objects.update_or_create(
        prescription_id=row.pk,
        defaults={
            "institution_id": row.institution_id,
            "run": None,
            "why": Waiting.Why.ENGINE,
            "severity": None,
            "since": at,
            "due_at": due(row.setting, None, long_term=False, since=at),
            "open": True,
            "with_prescriber": False,
            "gap_key": "engine",
            "summary": nothing,
            "taken_by": None,
            "taken_at": None,
            "seconds_needed": False,
        },
    )
    move_all([Step(row.pk, "audit_quarantined", body={"job": job.id, "why": "engine"})], by=SYSTEM, at=at)
