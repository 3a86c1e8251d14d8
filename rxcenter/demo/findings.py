"""Compares what was planted with what the audits said."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rxcenter.demo.generator.planted import Planted
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
        kinds.setdefault(one.kind, []).append((one.number, bool(report) and one.is_found_in(report or {})))
    return [
        Found(kind, len(rows), sum(ok for _, ok in rows), [number for number, ok in rows if not ok])
        for kind, rows in sorted(kinds.items())
    ]
