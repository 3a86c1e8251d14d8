"""The catalogue as a thing: every rule explained, sourced, in two languages, with cases both ways; every row sound."""

import csv
import re
from functools import cache
from pathlib import Path

import pytest

from audit_rules import Catalogue, default_catalogue, docs
from audit_rules.catalogue import sources
from audit_rules.knowledge import tables
from audit_rules.knowledge.tables import KNOWLEDGE, BadTable
from audit_rules.rule import CATEGORIES
from tests.audit_rules import reading

ROOT = Path(__file__).parents[2]
CHINESE = re.compile("[\u4e00-\u9fff]")
RULES = default_catalogue().rules
TABLES = sorted(KNOWLEDGE.glob("*.csv"))
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
every_table = pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)

# Ids of rules that were once in the catalogue. An id is never used again for another rule.
RETIRED: frozenset[str] = frozenset()


@every_rule
def test_a_rule_is_explained_in_both_languages(rule):
    assert CHINESE.search(rule.title.zh)
    assert not CHINESE.search(rule.title.en)
    assert rule.page.split("\n\n")[0].endswith("."), "the first paragraph says what is wrong"
    assert "Why it matters:" in rule.page
    assert "What to do:" in rule.page


@every_rule
def test_a_rule_has_cases_both_ways(rule):
    specs = reading.specs_for(rule).values()
    speaking = [spec for spec in specs if spec.get("flags") or spec.get("gaps")]
    silent = [spec for spec in specs if not spec.get("flags") and not spec.get("gaps")]
    assert speaking, "no case that makes it speak"
    assert len(silent) >= 2, "fewer than two near misses that leave it silent"


@every_rule
def test_what_a_rule_cites_exists(rule):
    assert set(rule.sources) <= sources().keys()
    assert rule.category in CATEGORIES
    assert rule.id not in RETIRED


def test_every_case_file_belongs_to_a_rule():
    known = {rule.check.__module__.replace("audit_rules.rules.", "").replace(".", "/") for rule in RULES}
    found = {str(path.relative_to(reading.CASES).with_suffix("")) for path in reading.CASES.rglob("*.yaml")}
    assert found - known == set()


def test_every_category_but_insurance_has_a_rule():
    spoken = {rule.category for rule in RULES}
    assert spoken >= CATEGORIES - {"insurance"}


def test_sources_are_whole():
    for key, entry in sources().items():
        assert entry["title"], key
        assert entry["evidence"] in ("read", "recalled"), key
        assert entry["kind"] in ("law", "pharmacopoeia", "formulary", "label", "guideline", "list"), key


@cache
def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@every_table
def test_every_row_names_a_source_that_exists(path):
    rows = rows_of(path)
    if path.stem == "class_names":  # words only
        return
    assert all(row["source"] in sources() for row in rows), [r for r in rows if r["source"] not in sources()][
        :3
    ]


@every_table
def test_rows_are_sorted_and_stand_there_once(path):
    rows = [tuple(row.values()) for row in rows_of(path)]
    firsts = [row[0] for row in rows]
    numbers = all(first.isdigit() for first in firsts)
    assert firsts == sorted(firsts, key=int if numbers else None)
    assert len(set(rows)) == len(rows)


@every_table
def test_texts_for_people_come_in_both_languages(path):
    for row in rows_of(path):
        for column in row:
            if column.endswith("_zh") and column[:-3] + "_en" in row:
                assert bool(row[column]) == bool(row[column[:-3] + "_en"]), row


def test_profiles_speak_of_rules_that_exist():
    catalogue = default_catalogue()
    assert {row.rule for row in catalogue.profiles.rows} <= catalogue.by_id.keys()


def test_the_fingerprint_names_rules_tables_and_local_names():
    plain, again = Catalogue.load(), Catalogue.load({})
    local = Catalogue.load({"蓝色小药片": ("warfarin",)})
    assert plain.fingerprint == again.fingerprint == default_catalogue().fingerprint
    assert local.fingerprint != plain.fingerprint


def test_a_local_name_is_understood_and_overrides_nothing():
    local = Catalogue.load({"Blue  Pill": ("warfarin", "aspirin"), "ibuprofen": ("warfarin",)})
    assert local.drugs.find("blue pill").ingredients == ("warfarin", "aspirin")
    assert local.drugs.find("BLUE PILL").ingredients == ("warfarin", "aspirin")
    assert local.drugs.find("ibuprofen").ingredients == ("ibuprofen",)
    with pytest.raises(ValueError, match="nonsense"):
        Catalogue.load({"x": ("nonsense",)})


@pytest.mark.parametrize(
    ("written", "ingredients"),
    [
        ("盐酸二甲双胍片", ("metformin",)),
        ("Metformin Tablet", ("metformin",)),
        ("ＭＥＴＦＯＲＭＩＮ", ("metformin",)),
        ("amlodipine/metformin", ("amlodipine", "metformin")),
        ("注射用青霉素钠", ("benzylpenicillin",)),
        ("附子", ("fuzi",)),
    ],
)
def test_names_that_are_known(written, ingredients):
    assert default_catalogue().drugs.find(written).ingredients == ingredients


@pytest.mark.parametrize(
    "written",
    [
        "metformi",
        "metformin x",
        "xmetformin",
        "metformintablet",
        "二甲",
        "amlodipine/x",
        "片",
        "tablet",
        "/",
        " ",
    ],
)
def test_names_that_are_never_guessed(written):
    assert default_catalogue().drugs.find(written) is None


def test_a_look_alike_is_itself():
    assert (
        default_catalogue().drugs.find("白附子").ingredients
        != default_catalogue().drugs.find("附子").ingredients
    )


BAD = {
    "header": ("a,b\n", "the header is"),
    "cells": ("written,unit,code,factor,source\n", "the header is"),
    "short": ("code,written,unit,factor,source\nalt,U/L\n", "line 2: 2 cells, 5 columns"),
    "number": ("code,written,unit,factor,source\nalt,U/L,U/L,４,s\n", "line 2: column factor"),
    "spaces": ("code,written,unit,factor,source\nalt, U/L,U/L,1,s\n", "spaces around"),
    "two units": ("code,written,unit,factor,source\nalt,a,a,1,s\nalt,b,b,1,s\n", "more than one unit"),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD.keys())
def test_a_bad_table_stops_the_load_and_says_where(tmp_path, monkeypatch, text, said):
    for path in TABLES:
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "lab_units.csv").unlink()
    (tmp_path / "lab_units.csv").write_text(text, encoding="utf-8")
    monkeypatch.setattr(tables, "KNOWLEDGE", tmp_path)
    with pytest.raises(BadTable, match=said) as caught:
        Catalogue.load()
    assert str(caught.value).startswith("lab_units.csv")


def test_the_manual_is_the_one_made_from_the_rules():
    written = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert written == docs.manual(default_catalogue()), "run: python -m audit_rules docs > docs/rules.md"
