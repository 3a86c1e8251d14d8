"""Whole prescriptions with all that is said of them. A change of a rule or row shows its reach as a diff.

`python -m tests.audit_rules.test_whole_prescriptions` prints the diff; with `--write` it records what is said now.
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from audit_rules.engine import audit
from tests.audit_rules import reading

PLACE = Path(__file__).parent / "whole"
RECORDED = PLACE / "findings.json"


def said() -> dict[str, list[str]]:
    """Of each prescription the outcome, its findings and its gaps, one sentence each."""
    specs = yaml.safe_load((PLACE / "prescriptions.yaml").read_text(encoding="utf-8"))
    return {name: _of(spec) for name, spec in specs.items()}


def _of(spec: dict[str, Any]) -> list[str]:
    report = audit(reading.case(spec))
    lines = [
        f"{f.rule} {f.severity.word} {f.release or '-'} lines {list(f.lines)} {' + '.join(f.drugs)}".strip()
        for f in report.findings
    ]
    gaps = [
        f"gap {g.rule} {g.reason} lines {list(g.lines)}{' holds' if g.holds else ''}"
        for g in report.not_checked
    ]
    return [report.outcome, *lines, *gaps]


def reach(before: dict[str, list[str]], now: dict[str, list[str]]) -> list[str]:
    """What came and what went, prescription by prescription."""
    diff = []
    for name in sorted(before.keys() | now.keys()):
        old, new = before.get(name, []), now.get(name, [])
        if old != new:
            diff.append(name)
            diff += [f"  - {line}" for line in old if line not in new]
            diff += [f"  + {line}" for line in new if line not in old]
    return diff


def test_what_is_said_of_whole_prescriptions_is_what_was_recorded():
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    diff = reach(recorded, said())
    assert not diff, "\n".join(
        ["review, then: python -m tests.audit_rules.test_whole_prescriptions --write", *diff]
    )


def test_there_are_sixty_and_the_reach_of_a_change_is_shown():
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    assert len(recorded) >= 60
    name = next(iter(recorded))
    changed = reach(recorded, {**recorded, name: ["stopped", "X001 critical"]})
    assert changed[0] == name
    assert "  + X001 critical" in changed
    assert reach(recorded, dict(recorded)) == []


if __name__ == "__main__":
    now = said()
    if RECORDED.exists():
        print("\n".join(reach(json.loads(RECORDED.read_text(encoding="utf-8")), now)) or "nothing changed")
    if "--write" in sys.argv:
        RECORDED.write_text(json.dumps(now, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
