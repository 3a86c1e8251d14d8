"""The tables of drugs and doses hold together: no gap between bands, no name with two meanings, nothing unsourced."""

import csv
from collections import Counter, defaultdict
from decimal import Decimal
from functools import cache
from itertools import pairwise

import pytest

from audit_rules import default_catalogue
from audit_rules.catalogue import sources
from audit_rules.knowledge.tables import KNOWLEDGE
from audit_rules.names import plain

CODES = ("ingredients", "names", "forms", "compounds", "units", "routes", "frequencies")
LIMITS = (
    *("doses", "renal", "hepatic", "liver_states", "frequency_limits", "durations", "frequency_floors"),
    *("reductions", "usual_doses"),
)
STREAM = (
    "amiodarone hydrocholoride",
    "vitamin b 12",
    "penicillin v",
    "heparin sodium, porcine",
    "insulin human, isophane/regular insulin, human",
    "amoxicillin/clavulanate",
    "acetaminophen/dextromethorphan/doxylamine",
    "fluticasone/salmeterol",
    "sacubitril/valsartan",
    "盐酸二甲双胍片",
    "注射用青霉素钠",
    "布洛芬混悬液",
    "阿司匹林肠溶片",
    "琥珀酸美托洛尔缓释片",
    "培哚普利叔丁胺片",
    "单硝酸异山梨酯缓释片",
    "盐酸羟考酮缓释片",
    "炙甘草",
)
UNKNOWN = (
    "Yaz 28 Day Packs",
    "mirena",
    "Carbamazepine[Tegretol XR]",
    "CM4620 Injectable Emulsion",
    "cd24fc",
    "阿斯匹零",
    "白附子霜",
)


@cache
def rows(name):
    with (KNOWLEDGE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def numbers(row, *columns):
    return [Decimal(row[c]) if row[c] else None for c in columns]


def western():
    return {row["ingredient"] for row in rows("ingredients") if row["kind"] == "western"}


@pytest.mark.parametrize("name", (*CODES, *LIMITS))
def test_rows_are_sorted_and_sourced(name):
    found = rows(name)
    keys = [tuple(row.values()) for row in found]
    assert keys == sorted(keys)
    assert {row["source"] for row in found} <= sources().keys()
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(("name", "column"), [("names", "name"), ("units", "text"), ("routes", "text")])
def test_a_written_word_has_one_meaning(name, column):
    twice = [word for word, n in Counter(plain(row[column]) for row in rows(name)).items() if n > 1]
    assert not twice


@pytest.mark.parametrize("name", STREAM)
def test_names_as_they_are_written_are_understood(name):
    assert default_catalogue().drugs.find(name)


@pytest.mark.parametrize("name", UNKNOWN)
def test_packs_brands_and_misspellings_stay_unknown(name):
    assert default_catalogue().drugs.find(name) is None


def test_look_alikes_stay_apart():
    find = default_catalogue().drugs.find
    assert find("白附子").ingredients != find("附子").ingredients != find("制附子").ingredients
    assert find("川乌").ingredients != find("制川乌").ingredients
    assert find("去甲肾上腺素").ingredients != find("肾上腺素").ingredients


def test_the_word_before_the_name_tells_the_route():
    assert default_catalogue().drugs.find("吸入用布地奈德混悬液").form.route == "nebulised"
    assert default_catalogue().drugs.find("布洛芬混悬液").form.route == "oral"


def test_every_compound_expands_to_known_ingredients():
    known = {row["ingredient"] for row in rows("ingredients")}
    meant = {plain(row["name"]): row["ingredients"].split("|") for row in rows("names")}
    for row in rows("compounds"):
        assert row["ingredient"] in known
        assert row["ingredient"] in meant[plain(row["name"])], row["name"]
        assert Decimal(row["amount"]) > 0


def test_every_compound_row_names_all_its_ingredients_that_have_doses():
    parts = defaultdict(set)
    for row in rows("compounds"):
        parts[plain(row["name"])].add(row["ingredient"])
    meant = {plain(row["name"]): row["ingredients"].split("|") for row in rows("names")}
    drugs = western()
    for name, found in parts.items():
        assert found >= set(meant[name]) & drugs, name


def test_every_western_ingredient_has_a_limit_or_a_reason():
    said = defaultdict(list)
    for row in rows("doses"):
        said[row["ingredient"]].append(row)
    assert western() <= said.keys()  # patent medicines that are written in mg have theirs too
    for ingredient, its in said.items():
        for row in its:
            stated = row["single_max"] or row["daily_max"]
            assert bool(stated) != (row["basis"] == "none"), ingredient
            assert row["basis"] != "none" or row["note"], ingredient


def test_a_days_maximum_is_at_least_one_dose():
    for row in rows("doses"):
        single, daily, single_cap, daily_cap, least = numbers(
            row, "single_max", "daily_max", "single_cap", "daily_cap", "daily_min"
        )
        # less than daily, as the note says: 50 000 IU a week
        assert single is None or daily is None or daily >= single or row["note"], row
        assert single_cap is None or daily_cap is None or daily_cap >= single_cap, row
        assert least is None or daily is None or least < daily, row
        assert all(n is None or n > 0 for n in (single, daily, least)), row


def test_a_childs_cap_never_exceeds_the_adults_maximum():
    adult = defaultdict(Decimal)
    for row in rows("doses"):
        if row["population"] == "adult" and row["basis"] == "total" and row["daily_max"]:
            for route in row["routes"].split("|"):
                key = (row["ingredient"], route, row["unit"])
                adult[key] = max(adult[key], Decimal(row["daily_max"]))
    for row in rows("doses"):
        for route in row["routes"].split("|"):
            most = adult.get((row["ingredient"], route, row["unit"]))
            if row["population"] == "child" and row["daily_cap"] and most:
                assert Decimal(row["daily_cap"]) <= most, row


def plain_maxima(row):
    """The greatest daily amount of an adult by this route, without a disease or a short course that allows more."""
    return [
        Decimal(dose["daily_max"])
        for dose in rows("doses")
        if dose["ingredient"] == row["ingredient"]
        and (dose["population"], dose["basis"], dose["unit"]) == ("adult", "total", row["unit"])
        and dose["daily_max"]
        and not dose["icd"]
        and not dose["max_days"]
        and row["route"] in dose["routes"].split("|")
    ]


@pytest.mark.parametrize("row", rows("usual_doses"), ids=lambda row: f"{row['ingredient']} {row['route']}")
def test_a_daily_maximum_is_near_the_usual_dose_or_explained(row):
    found = plain_maxima(row)
    assert found, "a usual dose without a maximum"
    ratio = max(found) / Decimal(row["daily"])
    near = Decimal("0.35") <= ratio <= 5
    assert near != bool(row["why"]), f"{max(found)} is {ratio:.2f} times the usual {row['daily']}"


def test_a_childs_maximum_is_near_the_adults():
    adult = defaultdict(Decimal)
    for row in rows("doses"):
        if row["population"] == "adult" and row["basis"] == "total" and row["daily_max"]:
            for route in row["routes"].split("|"):
                if not row["icd"] and not row["max_days"]:
                    key = (row["ingredient"], route, row["unit"])
                    adult[key] = max(adult[key], Decimal(row["daily_max"]))
    for row in rows("doses"):
        if row["population"] != "child" or row["basis"] != "kg" or not row["daily_max"] or row["icd"]:
            continue
        for route in row["routes"].split("|"):
            most = adult.get((row["ingredient"], route, row["unit"]))
            grown = Decimal(row["daily_max"]) * 70
            assert most is None or grown >= most * Decimal("0.25"), row
            assert most is None or grown <= most * 12, row


def test_a_childs_dose_per_kg_has_a_cap_unless_it_is_an_infants():
    for row in rows("doses"):
        if row["population"] == "child" and row["basis"] == "kg" and row["age_to"].endswith("y"):
            infant = row["age_to"] in ("1y", "2y")
            assert infant or row["single_cap"] or row["daily_cap"], row


def test_the_child_rows_of_a_route_do_not_contradict_each_other():
    """For one age, disease and unit there is one row (two overlapping ones would make the looser one speak)."""
    seen = defaultdict(list)
    for row in rows("doses"):
        if row["population"] == "child":
            for route in row["routes"].split("|"):
                key = (row["ingredient"], route, row["icd"], row["max_days"], row["basis"], row["unit"])
                seen[key].append((row["age_from"], row["age_to"]))
    for key, ages in seen.items():
        bounds = sorted((days(low) if low else 0, days(high) if high else 10**6) for low, high in ages)
        assert all(one[1] <= two[0] for one, two in pairwise(bounds)), (key, ages)


def days(age):
    return int(age[:-1]) * {"d": 1, "w": 7, "m": 30.4375, "y": 365.25}[age[-1]]


def test_routes_and_units_of_limits_are_codes():
    codes = {word for row in rows("routes") for word in (row["route"], row["group"])}
    units = {row["base"] for row in rows("units")}
    for name in ("doses", "renal", "hepatic", "frequency_limits", "durations"):
        for row in rows(name):
            assert set(filter(None, row["routes"].split("|"))) <= codes, row
            assert row.get("unit", "") in units | {""}, row


def test_renal_bands_cover_every_kidney_function_once():
    bands = defaultdict(list)
    for row in rows("renal"):
        key = (row["ingredient"], row["routes"], row["icd"])
        bands[key].append((Decimal(row["from"]), Decimal(row["to"]) if row["to"] else None, row))
    for key, its in bands.items():
        its.sort(key=lambda band: band[0])
        assert its[0][0] == 0, key
        assert its[-1][1] is None, key
        assert [band[1] for band in its[:-1]] == [band[0] for band in its[1:]], key
        assert len({row["metric"] for *_, row in its}) == 1, key
        assert its[-1][2]["verdict"] == "ok", key


def test_renal_verdicts_say_what_they_need():
    for row in rows("renal"):
        assert row["verdict"] in {"ok", "max", "adjust", "avoid"}
        assert bool(row["daily_max"]) == (row["verdict"] == "max"), row
        assert bool(row["severity"]) == (row["verdict"] != "ok"), row
        assert row["metric"] in {"egfr", "crcl"}


def test_renal_maxima_rise_with_the_kidney_function():
    highest = defaultdict(Decimal)
    for row in sorted(rows("renal"), key=lambda row: Decimal(row["from"])):
        if row["verdict"] == "max":
            key = (row["ingredient"], row["routes"], row["icd"])
            assert Decimal(row["daily_max"]) >= highest[key], row
            highest[key] = Decimal(row["daily_max"])


def test_liver_rows_name_known_states():
    states = {row["state"] for row in rows("liver_states")}
    for row in rows("hepatic"):
        assert set(row["states"].split("|")) <= states
        assert bool(row["daily_max"]) == (row["verdict"] == "max")
        assert row["verdict"] in {"max", "adjust", "avoid"}


def test_weights_rise_with_age():
    weights = default_catalogue().table("weights")
    assert [w.kg for w in weights] == sorted(w.kg for w in weights)
    assert len({w.age_days for w in weights}) == len(weights)


def test_controlled_and_antimicrobial_words_are_closed():
    for row in rows("ingredients"):
        assert row["control"] in {"", "narcotic", "psychotropic_1", "psychotropic_2", "toxic", "precursor"}, (
            row
        )
        assert row["antimicrobial"] in {"", "unrestricted", "restricted", "special"}, row
        assert row["kind"] in {"western", "patent", "piece"}, row
