"""The tables by arithmetic: what no reader sees row by row. Each check is shown to notice a fault on a copy."""

import csv
import re
from collections import Counter, defaultdict
from copy import deepcopy
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from audit_rules import default_catalogue
from audit_rules.knowledge.tables import KNOWLEDGE
from audit_rules.names import plain

PACKAGE = Path(__file__).resolve().parents[2] / "audit_rules"
HEAVY_KG = Decimal(120)  # a weight at which nobody doses by kilogram any more
LEAST_USUAL = 300


@cache
def on_disk():
    found = {}
    for path in KNOWLEDGE.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.stem] = list(csv.DictReader(file))
    return found


@cache
def code():
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py")))


def classes_without_members(tables):
    """Classes that have a name, or are asked for, and nobody in them."""
    members = {row["class"] for row in tables["classes"]}
    return ({row["class"] for row in tables["class_names"]} | asked(tables)) - members


def asked(tables):
    """Classes that some row or rule asks for: `class:x` in any cell, or a column that names a class."""
    cells = (
        (column, cell)
        for name, rows in tables.items()
        if name not in ("classes", "class_names")
        for row in rows
        for column, cell in row.items()
        if cell
    )
    found = set()
    for column, cell in cells:
        found.update([cell] if column == "class" else re.findall(r"class:([a-z0-9_]+)", cell))
    return found


def classes_nobody_asks_for(tables):
    unasked = {row["class"] for row in tables["classes"]} - asked(tables)
    return {name for name in unasked if not re.search(rf"[\"':]{name}\b", code())}


def names_with_two_meanings(tables):
    """Written names, over all tables of drugs, that would mean different ingredients."""
    meant = defaultdict(set)
    kinds = {row["ingredient"]: row["kind"] for row in tables["ingredients"]}
    for row in tables["ingredients"]:
        for word in filter(None, (row["ingredient"], row["zh"])):
            meant[plain(word)].add((row["ingredient"],))
    for row in tables["names"]:
        keys = tuple(sorted(row["ingredients"].split("|")))
        own = {one for one in meant[plain(row["name"])] if kinds.get(one[0]) == "patent" and one[0] in keys}
        meant[plain(row["name"])] -= own  # a patent medicine's name may widen to the western drugs it holds
        meant[plain(row["name"])].add(keys)
    return {name for name, meanings in meant.items() if len(meanings) > 1}


def compounds_that_do_not_expand(tables):
    """Names of fixed products whose parts are not exactly the western ingredients the name means, each once."""
    kinds = {row["ingredient"]: row["kind"] for row in tables["ingredients"]}
    parts = defaultdict(Counter)
    for row in tables["compounds"]:
        parts[row["name"]][row["ingredient"]] += 1
    wrong = set()
    for name, found in parts.items():
        meaning = default_catalogue().drugs.find(name)
        meant = set(meaning.ingredients) if meaning else {""}
        western = {key for key in meant if kinds.get(key) == "western"}
        if max(found.values()) > 1 or not western <= found.keys() <= meant:
            wrong.add(name)
    return wrong


def kidney_gaps(tables):
    """(ingredient, routes, icd) whose bands do not cover 0 to infinity once, in one measure."""
    bands = defaultdict(list)
    for row in tables["renal"]:
        bands[row["ingredient"], row["routes"], row["icd"]].append(row)
    wrong = set()
    for key, rows in bands.items():
        edges = sorted((Decimal(r["from"]), Decimal(r["to"] or "Infinity")) for r in rows)
        whole = edges[0][0] == 0 and edges[-1][1] == Decimal("Infinity")
        if not whole or any(a[1] != b[0] for a, b in pairwise(edges)) or len({r["metric"] for r in rows}) > 1:
            wrong.add(key)
    return wrong


def adult_maxima(tables):
    """Greatest daily amount of a grown-up by ingredient, route and unit, whatever the disease or the course."""
    found = defaultdict(Decimal)
    for row in tables["doses"]:
        if row["population"] == "adult" and row["basis"] == "total" and row["daily_max"]:
            for route in row["routes"].split("|"):
                key = (row["ingredient"], route, row["unit"])
                found[key] = max(found[key], Decimal(row["daily_max"]))
    return found


def children_above_adults(tables):
    """Rows per kilogram without a cap, whose heaviest child would get more than any adult may."""
    adult, wrong = adult_maxima(tables), []
    for row in tables["doses"]:
        if row["population"] != "child" or row["basis"] != "kg" or not row["daily_max"] or row["daily_cap"]:
            continue
        weight = heaviest(row["age_to"])
        for route in row["routes"].split("|"):
            most = adult.get((row["ingredient"], route, row["unit"]))
            single = Decimal(row["single_cap"]) if row["single_cap"] else None
            if most and single is None and Decimal(row["daily_max"]) * weight > most * Decimal("1.5"):
                wrong.append((row["ingredient"], route, row["age_to"]))
    return wrong


def heaviest(age):
    """Kilograms of a heavy child just below this age; without a bound, of a heavy adolescent."""
    days = int(age[:-1]) * {"d": 1, "w": 7, "m": 30, "y": 365}[age[-1]] if age else 10**6
    return max((w.kg for w in default_catalogue().table("weights") if w.age_days < days), default=HEAVY_KG)


def maxima_far_from_usual(tables):
    """Usual doses whose maximum is outside 0.35 to 5 times and unexplained, or explained without need."""
    wrong = []
    for row in tables["usual_doses"]:
        ratios = [
            Decimal(dose["daily_max"]) / Decimal(row["daily"])
            for dose in tables["doses"]
            if (dose["ingredient"], dose["unit"]) == (row["ingredient"], row["unit"])
            and (dose["population"], dose["basis"]) == ("adult", "total")
            and dose["daily_max"]
            and not dose["icd"]
            and not dose["max_days"]
            and row["route"] in dose["routes"].split("|")
        ]
        if not ratios or (Decimal("0.35") <= max(ratios) <= 5) == bool(row["why"]):
            wrong.append((row["ingredient"], row["route"]))
    return wrong


CHECKS = {
    check.__name__: check
    for check in (
        classes_without_members, classes_nobody_asks_for, names_with_two_meanings, compounds_that_do_not_expand,
        kidney_gaps, children_above_adults, maxima_far_from_usual,
    )
}  # fmt: skip


@pytest.mark.parametrize("name", CHECKS)
def test_the_tables_are_sane(name):
    assert not CHECKS[name](on_disk())


def dose(**cells):
    return dict.fromkeys(on_disk()["doses"][0], "") | {"routes": "oral", "unit": "mg"} | cells


FAULTS = [
    ("classes_without_members", "class_names", {"class": "nobody", "zh": "无", "en": "none"}),
    ("classes_without_members", "diseases", {"cell": "aspirin|class:ghost"}),
    ("classes_nobody_asks_for", "classes", {"class": "idle", "ingredient": "aspirin"}),
    ("names_with_two_meanings", "names", {"name": "阿司匹林", "ingredients": "warfarin"}),
    ("names_with_two_meanings", "ingredients", {"ingredient": "aspirin b", "zh": "华法林", "kind": "western"}),
    ("compounds_that_do_not_expand", "compounds", {"name": "co-trimoxazole", "ingredient": "aspirin"}),
    ("compounds_that_do_not_expand", "compounds", {"name": "co-trimoxazole", "ingredient": "trimethoprim"}),
    ("compounds_that_do_not_expand", "compounds", {"name": "a name nobody has", "ingredient": "trimethoprim"}),
    ("kidney_gaps", "renal", {"ingredient": "x", "routes": "", "icd": "", "from": "0", "to": "30", "metric": "egfr"}),
    ("kidney_gaps", "renal", {"ingredient": "x", "routes": "", "icd": "", "from": "5", "to": "", "metric": "egfr"}),
    ("children_above_adults", "doses",
     dose(ingredient="warfarin", population="child", basis="kg", daily_max="5", age_to="12y")),
    ("maxima_far_from_usual", "usual_doses",
     {"ingredient": "warfarin", "route": "oral", "daily": "500", "unit": "mg", "why": ""}),
    ("maxima_far_from_usual", "usual_doses",
     {"ingredient": "metformin", "route": "oral", "daily": "2000", "unit": "mg", "why": "no need to say"}),
    ("maxima_far_from_usual", "usual_doses",
     {"ingredient": "nothing", "route": "oral", "daily": "2000", "unit": "mg", "why": ""}),
]  # fmt: skip


@pytest.mark.parametrize("check,table,row", FAULTS)
def test_a_fault_on_a_copy_is_noticed(check, table, row):
    copy = dict(on_disk())
    copy[table] = [*deepcopy(on_disk()[table]), row]
    before, after = CHECKS[check](on_disk()), CHECKS[check](copy)
    assert len(after) > len(before)


def test_a_gap_in_the_middle_and_two_measures_are_noticed():
    band = {"ingredient": "x", "routes": "", "icd": "", "metric": "egfr"}
    whole = [band | {"from": "0", "to": "30"}, band | {"from": "30", "to": ""}]
    assert not kidney_gaps({"renal": whole})
    assert kidney_gaps({"renal": [whole[0], whole[1] | {"from": "31"}]})
    assert kidney_gaps({"renal": [whole[0], whole[1] | {"from": "29"}]})
    assert kidney_gaps({"renal": [whole[0], whole[1] | {"metric": "crcl"}]})


def test_most_of_what_is_prescribed_has_a_usual_dose():
    usual = {row["ingredient"] for row in on_disk()["usual_doses"]}
    assert len(usual) >= LEAST_USUAL
    assert sum(row["ingredient"] in usual for row in on_disk()["most_prescribed"]) >= LEAST_USUAL * Decimal(
        "0.8"
    )
