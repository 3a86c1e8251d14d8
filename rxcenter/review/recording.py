"""Writes a batch's audit runs, findings, gaps, item rows and queue rows, each table in one statement."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from audit_rules.case import Case
from rxcenter.prescriptions.models import PrescriptionItem
from rxcenter.prescriptions.states import State
from rxcenter.review.models import AuditRun, Finding, Gap, Waiting
from rxcenter.review.summarising import drug_groups, gap_key, summary
from rxcenter.review.timing import due

if TYPE_CHECKING:
    from rxcenter.review.auditing import Judged

_CHANGES = ["run", "why", "severity", "summary", "gap_key", "since", "due_at", "open", "with_prescriber",
            "taken_by", "taken_at", "seconds_needed"]  # fmt: skip


def write(judged: "Sequence[Judged]", at: datetime) -> list[AuditRun]:
    """All rows of a batch; returns the runs in the order given."""
    runs = AuditRun.objects.bulk_create([_run(one, at) for one in judged])
    Finding.objects.bulk_create(
        [f for run, one in zip(runs, judged, strict=True) for f in _findings(run, one)]
    )
    Gap.objects.bulk_create(
        [
            Gap(run=run, rule=g.rule, reason=g.reason, lines=list(g.lines), holds=g.holds)
            for run, one in zip(runs, judged, strict=True)
            for g in one.report.not_checked
        ]
    )
    PrescriptionItem.objects.bulk_create(
        [item for one in judged for item in _items(one)],
        update_conflicts=True,
        unique_fields=["prescription", "line"],
        update_fields=["name", "ingredients", "days", "ends_on"],
    )
    _write_waiting(judged, runs, at)
    return runs


def _run(one: "Judged", at: datetime) -> AuditRun:
    return AuditRun(
        prescription=one.row,
        at=at,
        first=one.row.state == State.RECEIVED,
        outcome=one.report.outcome,
        auto_passed=one.automatic,
        catalogue=one.report.catalogue,
        profile=settings.AUDIT_PROFILE,
        history_linked=one.report.history["linked"],
        report=one.report.to_record(),
        drug_groups=drug_groups(one.case),
    )


def _findings(run: AuditRun, one: "Judged") -> list[Finding]:
    return [
        Finding(
            run=run,
            position=position,
            rule=f.rule,
            category=f.category,
            severity=int(f.severity),
            release=f.release or "",
            lines=list(f.lines),
            drugs=list(f.drugs),
        )
        for position, f in enumerate(one.report.findings)
    ]


def _items(one: "Judged") -> list[PrescriptionItem]:
    issued = timezone.localtime(one.row.issued_at).date()
    return [
        PrescriptionItem(
            prescription=one.row,
            line=item.line,
            name=(item.name or item.code or "")[:300],
            ingredients=list(item.ingredients),
            days=item.days,
            ends_on=issued + timedelta(days=min(int(item.days), 3650)) if item.days is not None else None,
        )
        for item in one.case.items
    ]


def _write_waiting(judged: "Sequence[Judged]", runs: list[AuditRun], at: datetime) -> None:
    rows = [_waiting(one, run, at) for one, run in zip(judged, runs, strict=True) if one.why is not None]
    Waiting.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["prescription"], update_fields=_CHANGES
    )
    Waiting.objects.filter(prescription__in=[one.row for one in judged if one.why is None]).update(open=False)


def _waiting(one: "Judged", run: AuditRun, at: datetime) -> Waiting:
    worst = max((int(f.severity) for f in one.report.findings), default=None)
    return Waiting(
        prescription=one.row,
        institution_id=one.row.institution_id,
        run=run,
        why=one.why or Waiting.Why.FINDINGS,
        severity=worst,
        summary=summary(one.case, one.report),
        gap_key=gap_key(one.case, one.report),
        since=at,
        due_at=due(one.case.setting, worst, long_term=bool(one.case.long_term), since=at),
        open=True,
        with_prescriber=one.move == "audit_stopped",
        seconds_needed=any(
            f.release == "two_pharmacists" and f.severity.word == "critical" for f in one.report.findings
        ),
    )


__all__ = ["Case", "drug_groups", "write"]
