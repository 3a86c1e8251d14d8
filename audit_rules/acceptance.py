"""Runs acceptance cases: what must be found, with which reference, and what must stay quiet."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audit_rules.document import Refused, parse
from audit_rules.engine import audit
from audit_rules.report import Finding, Report, Severity

# 拦截 stops, 警示 holds for a pharmacist, 提示 may be anything
WORDS = {"拦截": (Severity.CRITICAL,), "警示": (Severity.MAJOR,), "提示": tuple(Severity)}


def results(file: str) -> Iterator[tuple[str, str, list[str]]]:
    """Id and title of each case, with what is wrong; an empty list where nothing is."""
    for case in json.loads(Path(file).read_text(encoding="utf-8")):
        try:
            said = wrong(case)
        except Refused as refused:
            said = [f"refused: {refused}"]
        yield case["id"], case.get("title", ""), said


def wrong(case: dict[str, Any]) -> list[str]:
    """What the audit of one case does not do as the case says. Raises `Refused` for a bad document."""
    history = [parse(_bytes(earlier)) for earlier in case.get("history", [])]
    report = audit(parse(_bytes(case["document"])), history)
    said = [f"expected {_brief(wanted)}" for wanted in case.get("expect", []) if not _found(wanted, report)]
    for wanted in case.get("expect_refs", []):
        if not any(
            wanted["rule"] in f.refs and f.severity in WORDS[wanted["severity"]] for f in report.findings
        ):
            said.append(f"expected {wanted['rule']} {wanted['severity']}")
    if limit := case.get("quiet_above"):
        said += [f"not quiet: {_told(f)}" for f in report.findings if f.severity > Severity.of(limit)]
        if report.outcome == "stopped":
            said.append("stopped")
    if said and not case.get("quiet_above"):
        said.append(f"found {[_told(f) for f in report.findings]}")
    return said


def _bytes(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _found(wanted: dict[str, Any], report: Report) -> bool:
    if "not_checked" in wanted["categories"] and report.not_checked and report.outcome != "pass":
        return True
    return any(_fits(finding, wanted) for finding in report.findings)


def _fits(finding: Finding, wanted: dict[str, Any]) -> bool:
    if finding.category not in wanted["categories"] or not set(wanted.get("drugs") or ()) <= set(
        finding.drugs
    ):
        return False
    if band := wanted.get("severity_range"):
        least, most = Severity.of(band[0]), Severity.of(band[1])
        return least <= finding.severity <= most
    return finding.severity >= Severity.of(wanted["severity"])


def _told(finding: Finding) -> str:
    return (
        f"{finding.rule} {finding.severity.word} {'+'.join(finding.drugs)} {'/'.join(finding.refs)}".strip()
    )


def _brief(wanted: dict[str, Any]) -> str:
    severity = wanted.get("severity_range") or wanted.get("severity")
    return f"{'/'.join(wanted['categories'])} {severity} {'+'.join(wanted.get('drugs') or ())}"
