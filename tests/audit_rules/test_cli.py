"""The command line as its users see it: one line per prescription, problems, exit status."""

import gzip
import io
import json
import sys
from pathlib import Path

import pytest

from audit_rules.__main__ import main
from audit_rules.document import encode
from tests.audit_rules import reading

EXAMPLES = Path(__file__).parents[2] / "examples"
FINDING = [
    *("rule", "version", "category", "severity", "release", "lines", "drugs", "history", "refs"),
    *("message", "action", "evidence", "sources"),
]


def rx(number="A", items=("warfarin 3 mg oral qd 28d",), **document):
    return encode(reading.document({"items": list(items), "document": {"number": number, **document}}))


@pytest.fixture
def run(capsys):
    def command(*arguments):
        status = main(arguments)
        return status, capsys.readouterr().out

    return command


def lines(out):
    return [json.loads(line) for line in out.splitlines()]


def test_a_report_has_exactly_the_promised_fields(run, tmp_path):
    file = tmp_path / "one.json"
    file.write_bytes(rx(items=["warfarin 3 mg oral qd 28d", "Yaz 1 tablet oral qd 28d"]))
    status, out = run("audit", str(file))
    [report] = lines(out)
    assert status == 0
    assert list(report) == ["number", "outcome", "findings", "not_checked", "history", "catalogue"]
    assert all(list(finding) == FINDING for finding in report["findings"])
    assert all(list(gap) == ["rule", "lines", "reason", "holds"] for gap in report["not_checked"])
    assert report["outcome"] in ("review", "stopped")
    assert report["history"] == {"linked": 0, "status": "complete"}


@pytest.mark.parametrize("name", ["many.json", "many.jsonl", "many.json.gz", "many.jsonl.gz", "-"])
def test_every_way_to_hand_in_documents(run, tmp_path, monkeypatch, name):
    both = [rx("A"), rx("B")]
    data = b"\n".join(both) if "jsonl" in name or name == "-" else b"[" + b",".join(both) + b"]"
    data = gzip.compress(data) if name.endswith(".gz") else data
    file = tmp_path / name
    if name == "-":
        monkeypatch.setattr(sys, "stdin", type("In", (), {"buffer": io.BytesIO(data)}))
    else:
        file.write_bytes(data)
    status, out = run("audit", "-" if name == "-" else str(file))
    assert status == 0
    assert [report["number"] for report in lines(out)] == ["A", "B"]


def test_a_bad_document_gives_its_problems_and_status_1_and_stops_no_other(run, tmp_path):
    file = tmp_path / "mixed.jsonl"
    file.write_bytes(b"\n".join([rx("A"), b'{"number": "B"}', b"{", rx("C")]))
    status, out = run("audit", str(file))
    first, second, third, fourth = lines(out)
    assert status == 1
    assert (first["number"], fourth["number"]) == ("A", "C")
    assert list(second) == ["file", "index", "number", "problems"]
    assert (second["file"], second["index"], second["number"]) == (str(file), 1, "B")
    assert list(second["problems"][0]) == ["path", "found", "allowed", "message"]
    assert third["number"] is None


def test_outcomes_never_change_the_status(run, tmp_path):
    file = tmp_path / "stopped.json"
    file.write_bytes(rx(items=["linezolid 600 mg oral q12h 3d", "sertraline 50 mg oral qd 28d"]))
    status, out = run("audit", str(file))
    assert lines(out)[0]["outcome"] == "stopped"
    assert status == 0


def test_history_is_the_same_patient_by_any_identifier_and_only_what_came_before(run, tmp_path):
    def person(value, *others):
        given = {"id": {"system": "health_card", "value": value}}
        return given | {"other_ids": [{"system": "resident_id", "value": other} for other in others]}

    history = tmp_path / "history.jsonl"
    documents = [
        rx("H1", patient=person("X"), issued_at="2026-11-10T10:00:00+08:00"),
        rx("H2", patient=person("Y", "R1"), issued_at="2026-11-11T10:00:00+08:00"),
        rx("H3", patient=person("Z"), issued_at="2026-11-12T10:00:00+08:00"),
        rx("H4", patient=person("X"), issued_at="2026-11-21T10:00:00+08:00"),
    ]
    history.write_bytes(b"\n".join(documents))
    file = tmp_path / "now.json"
    file.write_bytes(rx("N", items=["ibuprofen 400 mg oral tid 5d"], patient=person("X", "R1")))
    _, out = run("audit", "--history", str(history), str(file))
    [report] = lines(out)
    assert report["history"]["linked"] == 2
    named = {entry["number"] for finding in report["findings"] for entry in finding["history"]}
    assert named <= {"H1", "H2"}
    assert named


def test_the_same_input_gives_the_same_bytes(run, tmp_path):
    file = tmp_path / "one.json"
    file.write_bytes(rx(items=["warfarin 3 mg oral qd 28d", "ibuprofen 400 mg oral tid 5d"]))
    assert run("audit", str(file)) == run("audit", str(file))


def test_a_file_that_cannot_be_read(run, tmp_path, capsys):
    assert main(["audit", str(tmp_path / "none.json")]) == 2
    broken = tmp_path / "broken.json.gz"
    broken.write_bytes(b"\x1f\x8bnonsense")
    assert main(["audit", str(broken)]) == 2


def test_an_unknown_profile_is_refused(run, tmp_path):
    with pytest.raises(SystemExit):
        run("audit", "--profile", "nowhere", "x.json")


def test_list_docs_and_coverage(run):
    status, out = run("list")
    assert status == 0
    assert out.startswith("ABX001")
    assert "# 审方规则手册" in run("docs")[1]
    assert "without any fact" in run("coverage")[1]
    found = json.loads(run("coverage", "--json")[1])
    assert found["tables"]["doses"] > 100
    assert "doses" in found["by_ingredient"]["paracetamol"]
    assert found["rows"]["doses"]["recalled"] > 100
    assert found["kinds"]["pregnancy"]["recalled"] > 100
    assert run("coverage", "--page")[1].startswith("# 审核覆盖")


def test_check_tells_ok_and_fail(run, tmp_path):
    case = {"id": "X1", "title": "t", "document": json.loads(rx(items=["ibuprofen 200 mg oral tid 3d"]))}
    wanted = {
        "categories": ["interaction"],
        "severity": "major",
        "severity_range": None,
        "drugs": ["ibuprofen"],
    }
    file = tmp_path / "cases.json"
    file.write_text(json.dumps([case | {"quiet_above": "critical"}]), encoding="utf-8")
    assert run("check", str(file)) == (0, "ok X1 t\n")
    file.write_text(json.dumps([case | {"expect": [wanted]}]), encoding="utf-8")
    status, out = run("check", str(file))
    assert status == 1
    assert out.startswith("FAIL X1 t: expected interaction major ibuprofen")
    refs = [{"rule": "CN-APP-007", "severity": "拦截"}]
    file.write_text(json.dumps([case | {"expect_refs": refs}]), encoding="utf-8")
    assert "expected CN-APP-007 拦截" in run("check", str(file))[1]


def test_check_says_why_a_case_cannot_be_run(run, tmp_path):
    file = tmp_path / "cases.json"
    file.write_text(json.dumps([{"id": "X1", "document": {}, "quiet_above": "info"}]), encoding="utf-8")
    status, out = run("check", str(file))
    assert status == 1
    assert out.startswith("FAIL X1 : refused: $.format")


def test_the_acceptance_cases_of_the_project(run):
    status, out = run("check", str(EXAMPLES / "audit_cases.json"))
    assert [line for line in out.splitlines() if not line.startswith("ok ")] == []
    assert status == 0


def test_load_measures_the_burden(run):
    status, out = run("load", str(EXAMPLES / "stream.jsonl.gz"), "--last", "300")
    found = json.loads(out)
    assert status == 0
    assert found["audited"] == 300
    assert sum(found["outcomes"].values()) == pytest.approx(100, abs=0.1)
    assert all(cause["example"] and cause["count"] for cause in found["top_causes"])
    assert [c["count"] for c in found["top_causes"]] == sorted(
        (c["count"] for c in found["top_causes"]), reverse=True
    )
    assert len(found["top_gaps"]) <= 10
