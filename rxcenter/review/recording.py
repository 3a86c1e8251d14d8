"""Writes a batch's audit runs, findings, gaps, item rows and queue rows, each table in one statement."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from rxcenter import rows
from rxcenter.prescriptions.models import PrescriptionItem
from rxcenter.prescriptions.states import State
from rxcenter.review.models import AuditRun, Finding, Gap, Waiting
from rxcenter.review.summarising import gap_key, summary
from rxcenter.review.timing import due

if TYPE_CHECKING:
    from rxcenter.review.auditing import Judged

LONGEST_DAYS = 3650  # a supply that ends later than this ends then: dates stay readable


def write(judged: "Sequence[Judged]", at: datetime) -> dict[UUID, AuditRun]:
    """All rows of a batch; returns the run of each prescription."""
    made = rows.insert(AuditRun, [_run(one, at) for one in judged], returning=("prescription_id", "id"))
    ids = dict(made)
    rows.insert(Finding, [row for one in judged for row in _findings(ids[one.row.pk], one)])
    rows.insert(Gap, [row for one in judged for row in _gaps(ids[one.row.pk], one)])
    rows.insert(
        PrescriptionItem, [i for one in judged for i in _items(one)], update_on="prescription_id, line"
    )
    waiting = [_waiting(one, ids[one.row.pk], at) for one in judged if one.why is not None]
    rows.insert(Waiting, waiting, update_on="prescription_id")
    again = [one.row.pk for one in judged if one.why is None and one.row.state != State.RECEIVED]
    if again:
        Waiting.objects.filter(prescription__in=again).update(open=False)
    return {one.row.pk: AuditRun(pk=ids[one.row.pk], drug_groups=one.groups) for one in judged}


def _run(one: "Judged", at: datetime) -> dict[str, Any]:
    return {
        "prescription_id": str(one.row.pk),
        "at": at.isoformat(),
        "first": one.row.state == State.RECEIVED,
        "outcome": one.report.outcome,
        "auto_passed": one.automatic,
        "catalogue": one.report.catalogue,
        "profile": settings.AUDIT_PROFILE,
        "history_linked": one.report.history["linked"],
        "report": one.report.to_record(),
        "drug_groups": one.groups,
    }


def _findings(run: int, one: "Judged") -> list[dict[str, Any]]:
    return [
        {
            "run_id": run,
            "position": position,
            "rule": f.rule,
            "category": f.category,
            "severity": int(f.severity),
            "release": f.release.value if f.release else "",
            "lines": f.lines,
            "drugs": f.drugs,
        }
        for position, f in enumerate(one.report.findings)
    ]


def _gaps(run: int, one: "Judged") -> list[dict[str, Any]]:
    return [
        {"run_id": run, "rule": g.rule, "reason": g.reason, "lines": g.lines, "holds": g.holds}
        for g in one.report.not_checked
    ]


def _items(one: "Judged") -> list[dict[str, Any]]:
    issued = timezone.localtime(one.row.issued_at).date()
    return [
        {
            "prescription_id": str(one.row.pk),
            "line": item.line,
            "name": (item.name or item.code or "")[:300],
            "ingredients": item.ingredients,
            "days": item.days,
            "ends_on": None
            if item.days is None
            else issued + timedelta(days=min(int(item.days), LONGEST_DAYS)),
        }
        for item in one.case.items
    ]


def _waiting(one: "Judged", run: int, at: datetime) -> dict[str, Any]:
    worst = max((int(f.severity) for f in one.report.findings), default=None)
    two = any(f.release == "two_pharmacists" and f.severity.word == "critical" for f in one.report.findings)
    return {
        "prescription_id": str(one.row.pk),
        "institution_id": one.row.institution_id,
        "run_id": run,
        "why": int(one.why or Waiting.Why.FINDINGS),
        "severity": worst,
        "summary": summary(one.case, one.report),
        "gap_key": gap_key(one.case, one.report),
        "since": at.isoformat(),
        "due_at": due(one.case.setting, worst, long_term=bool(one.case.long_term), since=at).isoformat(),
        "open": True,
        "with_prescriber": one.move == "audit_stopped",
        "taken_by_id": None,
        "taken_at": None,
        "seconds_needed": two,
    }
