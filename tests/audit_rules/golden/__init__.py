"""Golden prescriptions: whole prescriptions with everything the audit says of them, so that a change shows its reach.

`python -m tests.audit_rules.golden` prints what came, went or changed; `--write` records what is said now.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audit_rules import audit
from tests.audit_rules import reading

FOLDER = Path(__file__).parent
Told = dict[str, Any]


def prescriptions() -> Iterator[tuple[Path, list[Told]]]:
    """Each file with its prescriptions: id, title, prescription (as `reading` takes it), outcome, findings, gaps."""
    for path in sorted(FOLDER.glob("*.json")):
        yield path, json.loads(path.read_text(encoding="utf-8"))


def said(golden: Told) -> Told:
    """What the audit says now; the texts are left out, they may be bettered freely."""
    report = audit(reading.case(golden["prescription"]))
    return {
        "outcome": report.outcome,
        "findings": [
            {
                "rule": f.rule,
                "severity": f.severity.word,
                "release": str(f.release) if f.release else None,
                "lines": list(f.lines),
                "drugs": list(f.drugs),
            }
            for f in report.findings
        ],
        "gaps": [
            {"rule": g.rule, "reason": g.reason, "lines": list(g.lines), "holds": g.holds}
            for g in report.not_checked
        ],
    }


def changes(golden: Told) -> list[str]:
    """What is said now and was not, was said and is not, or is said with another level; one line each."""
    now, lines = said(golden), []
    if golden.get("outcome") != now["outcome"]:
        lines.append(f"outcome {golden.get('outcome')} -> {now['outcome']}")
    for what, level in (("findings", ("severity", "release")), ("gaps", ("holds",))):
        before, after = _by_name(golden.get(what, ()), level), _by_name(now[what], level)
        for name in sorted(before.keys() | after.keys()):
            old, new = before.get(name), after.get(name)
            if old is None and new is not None:
                lines.append(f"+ {name} {_level(new, level)}")
            elif new is None and old is not None:
                lines.append(f"- {name} {_level(old, level)}")
            elif old and new and _level(old, level) != _level(new, level):
                lines.append(f"~ {name} {_level(old, level)} -> {_level(new, level)}")
    return lines


def _by_name(listed: list[Told], level: tuple[str, ...]) -> dict[str, Told]:
    """By what each is about; a second one about the same gets a number."""
    found: dict[str, Told] = {}
    for each in listed:
        name = _name(each, level)
        place = sum(known == name or known.startswith(f"{name} #") for known in found)
        found[f"{name} #{place + 1}" if place else name] = each
    return found


def _name(each: Told, level: tuple[str, ...]) -> str:
    return " ".join(
        ",".join(map(str, value)) or "-" if isinstance(value, list) else str(value)
        for key, value in each.items()
        if key not in level
    )


def _level(each: Told, level: tuple[str, ...]) -> str:
    return "/".join(str(each[key]) for key in level)


def write() -> None:
    """Record what is said now."""
    for path, listed in prescriptions():
        made = [golden | said(golden) for golden in listed]
        path.write_text(_written(made), encoding="utf-8")


def _written(listed: list[Told]) -> str:
    """One line for each field and each finding, so that the version control shows the same reach."""
    parts = []
    for golden in listed:
        fields = []
        for key, value in golden.items():
            if isinstance(value, list) and value:
                inner = ",\n    ".join(json.dumps(each, ensure_ascii=False) for each in value)
                fields.append(f'  "{key}": [\n    {inner}\n  ]')
            else:
                fields.append(f'  "{key}": {json.dumps(value, ensure_ascii=False)}')
        parts.append(" {\n" + ",\n".join(fields) + "\n }")
    return "[\n" + ",\n".join(parts) + "\n]\n"
