"""Every rule of law has its place; what the audit claims to carry out, some rule carries out."""

import re
from pathlib import Path

import pytest

import audit_rules
from audit_rules import audit, default_catalogue
from audit_rules.knowledge.index_rows import PLACES, with_comments
from tests.audit_rules import reading

ROOM = Path(audit_rules.__file__).parent
ID = re.compile(r"CN-[A-Z]{3}-\d{3}")
OF_LAW = {"authority", "form", "internet", "legality", "insurance"}


def index():
    return default_catalogue().table("law_index")


def named_in_rules_and_tables():
    files = [*(ROOM / "rules").rglob("*.py"), *(ROOM / "knowledge").glob("*.csv")]
    return {
        ref
        for file in files
        if file.name != "law_index.csv"
        for ref in ID.findall(file.read_text(encoding="utf-8"))
    }


def test_what_the_audit_carries_out_is_in_a_rule_and_nothing_else_is():
    assert named_in_rules_and_tables() == {ref for ref, entry in index().items() if entry.where == "audit"}


@pytest.mark.parametrize("place", sorted(PLACES))
def test_every_place_has_entries(place):
    assert any(entry.where == place for entry in index().values())


def test_every_rule_of_law_and_form_names_what_it_implements():
    without = {
        found.id
        for found in default_catalogue().rules
        if found.category in OF_LAW and not found.refs and not found.id.startswith("GAP")
    }
    assert not without


def test_a_finding_carries_the_code_of_the_comment_sheet():
    report = audit(reading.case({"items": ["amlodipine 5 mg oral qd 8d"], "diagnoses": ["I10"]}))
    [found] = [f for f in report.findings if f.rule == "FRM011"]
    assert found.refs == ("CN-NRM-010", "1-12")


def test_codes_are_added_once_and_last():
    assert with_comments(("CN-LTP-001", "CN-NRM-010")) == ("CN-LTP-001", "CN-NRM-010", "1-12")
    assert with_comments(()) == ()
