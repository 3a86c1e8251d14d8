"""Compares what was planted with what the audits said."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from audit_rules.report import Severity
from rxcenter.demo.generator.planted import NOT_CHECKED, Planted
from rxcenter.review.models import AuditRun


class Found(NamedTuple):
    """Of one kind of fault: how many were planted, how many found, and the numbers of those that were not."""

    kind: str
    planted: int
    found: int
    missed: list[str]


def compare(planted: Iterable[Planted], ids: Mapping[tuple[str, str], str]) -> list[Found]:
    """One row per kind; `ids` are the stored prescriptions by (institution, number), first revisions."""
    listed = list(planted)
    runs = AuditRun.objects.filter(prescription__in=list(ids.values()), first=True)
    reports = {str(pk): report for pk, report in runs.values_list("prescription_id", "report")}
    kinds: dict[str, list[tuple[str, bool]]] = {}
    for one in listed:
        report = reports.get(ids.get((one.institution, one.number), ""))
        kinds.setdefault(one.kind, []).append((one.number, bool(report) and is_found(one, report or {})))
    return [
        Found(kind, len(rows), sum(ok for _, ok in rows), [number for number, ok in rows if not ok])
        for kind, rows in sorted(kinds.items())
    ]


def is_found(one: Planted, report: Mapping[str, Any]) -> bool:
    """Whether a report says what was planted: category, at least the severity, all the drugs."""
    if NOT_CHECKED in one.categories:
        return any(gap["reason"] == "unknown_drug" for gap in report["not_checked"])
    least = Severity.of(one.severity)
    return any(
        f["category"] in one.categories
        and Severity.of(f["severity"]) >= least
        and set(one.drugs) <= {*f["drugs"], *_drugs_of_history(f)}
        for f in report["findings"]
    )


def _drugs_of_history(finding: Mapping[str, Any]) -> set[str]:
    return {str(h["drug"]) for h in finding.get("history", ()) if "drug" in h}
