"""Reads the cases of the rules: short YAML in, a whole rx/1 document out.

A case may give: patient, setting, kind, long_term, diagnoses, items, herbal, history, document (merged deep over what
the rest makes), flags, gaps. See `audit_rules/README.md` for an example.
"""

import copy
import json
import re
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from audit_rules import Case, Report, Rule, default_catalogue
from audit_rules.document import Prescription, parse

CASES = Path(__file__).parent / "cases"
NOW = datetime.fromisoformat("2026-11-20T10:00:00+08:00")
FIELDS = {"patient", "setting", "kind", "long_term", "diagnoses", "items", "herbal", "history", "document"}
PATIENT = {"sex", "weight_kg", "height_cm", "lactating", "guardian", "name", "birth_date", "other_ids", "id"}

LINE = re.compile(
    r"(?P<name>.+?) (?P<value>[0-9.]+) (?P<unit>\S+)"
    r"(?: (?P<route>[^\s0-9]\S*))?(?: (?P<frequency>(?![0-9.]+d$)\S+))?(?: (?P<days>[0-9.]+)d)?"
)
PIECE = re.compile(r"(?P<name>.+?) (?P<value>[0-9.]+) (?P<unit>\S+)(?: (?P<instructions>.+))?")


def specs_for(rule: Rule) -> dict[str, dict[str, Any]]:
    """The cases of one rule by sentence; none where the file is missing."""
    danger, name = rule.check.__module__.split(".")[-2:]
    path = CASES / danger / f"{name}.yaml"
    return _yaml(path) if path.exists() else {}


@cache
def _yaml(path: Path) -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")) or {})


def case(spec: dict[str, Any]) -> Case:
    """The case a spec describes, with the default catalogue."""
    unknown = spec.keys() - FIELDS - {"flags", "gaps"}
    assert not unknown, f"a case cannot give {sorted(unknown)}"
    history = [earlier(entry, spec, index) for index, entry in enumerate(spec.get("history", []))]
    return Case.of(document(spec), history, default_catalogue())


def earlier(entry: dict[str, Any], spec: dict[str, Any], index: int) -> Prescription:
    """One document of the history; `days_ago` counts from the day of issue."""
    entry = dict(entry)
    when = NOW - timedelta(days=entry.pop("days_ago"))
    base = {"patient": spec.get("patient", {}), "number": f"T-H{index + 1}", "issued_at": when.isoformat()}
    own = {key: entry.pop(key) for key in [*entry] if key not in FIELDS}
    made = {"patient": base.pop("patient"), **entry}
    made["document"] = base | own | made.get("document", {})
    return document(made)


def document(spec: dict[str, Any]) -> Prescription:
    """The document of a spec, through the same parser that reads hospitals' documents."""
    kind = spec.get("kind", "western")
    items = spec.get("items", [])
    made: dict[str, Any] = {
        "format": "rx/1",
        "number": "T1",
        "revision": 1,
        "kind": kind,
        "setting": spec.get("setting", "outpatient"),
        "long_term": spec.get("long_term", False),
        "issued_at": NOW.isoformat(),
        "institution": {"code": "H0001", "kind": "hospital", "type": "hospital", "level": "3A"},
        "department": {"code": "0302", "name": "内科"},
        "prescriber": {
            "id": "D1",
            "title": "attending",
            "licence": "110000000000001",
            "registered": True,
            "practice": "tcm" if kind == "herbal" else "western",
            "rights": ["antimicrobial:restricted", "narcotic", "psychotropic_1"],
        },
        "patient": _patient(spec.get("patient", {})),
        "diagnoses": [_coded(code) for code in spec.get("diagnoses", [])],
        "items": [_item(item, line, kind) for line, item in enumerate(items, start=1)],
        "herbal": spec.get("herbal"),
    }
    return parse(json.dumps(_merged(made, spec.get("document", {})), default=str).encode())


def _item(given: Any, line: int, kind: str) -> dict[str, Any]:
    if isinstance(given, dict):
        given = copy.deepcopy(given)
        text = given.pop("text", None)  # {"text": "warfarin 3 mg oral qd 28d", "group": 1}
        return {"line": line, **(_item(text, line, kind) if text else {}), **given}
    found = (PIECE if kind == "herbal" else LINE).fullmatch(given)
    assert found, f"cannot read the item {given!r}"
    said = {key: text for key, text in found.groupdict().items() if text is not None}
    dose = {"value": _number(said.pop("value")), "unit": said.pop("unit")}
    days = {"days": _number(said.pop("days"))} if "days" in said else {}
    return {"line": line, "drug": {"name": said.pop("name")}, "dose": dose, **days, **said}


def _number(text: str) -> float | int:
    return float(text) if "." in text else int(text)


def _coded(code: Any) -> dict[str, Any]:
    return code if isinstance(code, dict) else {"code": code, "name": ""}


def _patient(given: dict[str, Any]) -> dict[str, Any]:
    given = dict(given)
    made: dict[str, Any] = {"id": {"system": "health_card", "value": "T1"}, "name": "甲", "sex": "male"}
    made["birth_date"] = _born(given.pop("age", 40))
    status = {True: "yes", False: "no", None: "unknown"}[given.pop("pregnant", None)]
    made["pregnancy"] = {"status": status, "weeks": given.pop("pregnancy_weeks", None)}
    made["conditions"] = [_coded(code) for code in given.pop("conditions", [])]
    allergies = given.pop("allergies", [])
    made["allergies"] = [a if isinstance(a, dict) else {"substance": a} for a in allergies]
    taken = [_item(item, 1, "western") for item in given.pop("current_medications", [])]
    made["current_medications"] = [{k: v for k, v in item.items() if k != "line"} for item in taken]
    made.update((key, given.pop(key)) for key in [*given] if key in PATIENT)
    made["observations"] = [_lab(code, value) for code, value in given.items()]
    return made


def _born(age: Any) -> str:
    if isinstance(age, str):
        days = {"d": 1, "w": 7, "m": 30.4375, "y": 365.25}[age[-1]] * float(age[:-1])
        return (NOW - timedelta(days=round(days))).date().isoformat()
    return NOW.date().replace(year=NOW.year - age).isoformat()


def _lab(code: str, given: Any) -> dict[str, Any]:
    units = {row.code: row.unit for row in default_catalogue().lab_units.values()}
    assert code in units, f"{code!r} is neither a field of a patient nor a laboratory code"
    given = given if isinstance(given, dict) else {"value": given}
    when = NOW - timedelta(days=given.get("days_ago", 2))
    return {
        "code": code,
        "value": given["value"],
        "unit": given.get("unit", units[code]),
        "at": when.isoformat(),
    }


def _merged(under: Any, over: Any) -> Any:
    if not (isinstance(under, dict) and isinstance(over, dict)):
        return over
    return under | {key: _merged(under.get(key), value) for key, value in over.items()}


def expected(flag: Any) -> dict[str, Any]:
    """A flag as a dictionary of what the finding must be."""
    return flag if isinstance(flag, dict) else {"lines": flag}


def unlike(report: Report, spec: dict[str, Any]) -> list[str]:
    """What in the report is not as the case says; nothing when all is well."""
    found = [finding.to_dict() for finding in report.findings]
    wanted = [expected(flag) for flag in spec.get("flags", [])]
    told = [{k: f[k] for k in ("lines", "severity", "release", "drugs")} for f in found]
    wrong = []
    if len(found) != len(wanted):
        wrong.append(f"{len(wanted)} flags expected, found {told}")
    for flag in wanted:
        if not any(_fits(finding, flag) for finding in found):
            wrong.append(f"no finding like {flag}, found {told}")
    reasons = sorted(gap.reason for gap in report.not_checked)
    if reasons != sorted(spec.get("gaps", [])):
        wrong.append(f"gaps {sorted(spec.get('gaps', []))} expected, found {reasons}")
    return wrong


def _fits(finding: dict[str, Any], flag: dict[str, Any]) -> bool:
    for key, value in flag.items():
        if key == "refs":  # codes of the comment sheet follow from the ids
            finding = {**finding, "refs": [ref for ref in finding["refs"] if ref.startswith("CN-")]}
        if key in ("drugs", "refs", "lines") and sorted(finding[key]) != sorted(value):
            return False
        if key not in ("drugs", "refs", "lines") and finding[key] != value:
            return False
    return True
