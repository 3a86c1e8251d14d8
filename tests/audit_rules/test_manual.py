"""The generated pages: every rule in both languages, the matrix of coverage as the tables have it."""

import re
from pathlib import Path

from audit_rules import default_catalogue
from audit_rules.coverage import facts
from audit_rules.coverage_page import page
from audit_rules.docs import manual
from audit_rules.knowledge.coverage_rows import EXPECTED, KINDS

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_rule_has_a_page_in_chinese_and_no_page_is_without_rule():
    rules = {found.id for found in default_catalogue().rules}
    assert default_catalogue().table("rule_pages").keys() == rules


def test_a_page_says_what_why_and_what_to_do_in_both_languages():
    text = manual(default_catalogue())
    [one] = re.findall(r"### FRM011 .*?(?=\n### )", text, re.DOTALL)
    assert "为什么:" in one
    assert "怎么办:" in one
    assert "Why it matters:" in one
    assert "What to do:" in one


def test_the_manual_lists_where_every_rule_of_law_lives():
    text = manual(default_catalogue())
    for ref in default_catalogue().table("law_index"):
        assert f"| {ref} |" in text


def test_the_coverage_page_is_the_one_made_from_the_tables():
    assert (DOCS / "coverage.md").read_text(encoding="utf-8") == page(default_catalogue())


def test_every_western_ingredient_has_an_adult_dose_or_a_reason():
    found = facts(default_catalogue())
    rows = default_catalogue().ingredients
    without = [
        key
        for key, kinds in found.items()
        if rows[key].kind == "western" and not (kinds["adult_dose"].known or kinds["adult_dose"].reason)
    ]
    assert not without


def test_reasons_are_about_kinds_of_check():
    assert default_catalogue().table("not_needed").keys() <= KINDS.keys()
    assert set(EXPECTED) <= KINDS.keys()


def test_a_fact_on_a_class_covers_its_members():
    found = facts(default_catalogue())
    assert found["ibuprofen"]["interaction"].known
    assert found["amlodipine"]["duplicate"].known
    assert not found["amlodipine"]["skin_test"].known
