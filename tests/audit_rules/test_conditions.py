"""What conditions ask of the line and of diagnoses in words, and what a liver's values say."""

import pytest

from audit_rules import default_catalogue
from audit_rules.knowledge.conditions import NO_DOSES, Condition, Doses
from audit_rules.liver import child_pugh
from audit_rules.organs import liver_states
from tests.audit_rules.reading import case


def line(text, **item):
    found = case({"items": [{"text": text, **item}]})
    return found, Doses(item=found.items[0])


@pytest.mark.parametrize(
    ("text", "condition", "truth"),
    [
        ("omeprazole 20 mg oral qd 84d", "course>=84", True),
        ("omeprazole 20 mg oral qd 83d", "course>=84", False),
        ("omeprazole 20 mg oral qd", "course>=84", None),
        ("硝苯地平片 10 mg oral tid 7d", "form:tablet|capsule", True),
        ("硝苯地平控释片 30 mg oral qd 7d", "form:tablet|capsule", False),
        ("nifedipine 10 mg oral tid 7d", "form:tablet|capsule", None),
        ("morphine 10 mg oral prn 3d", "prn", True),
        ("morphine 10 mg oral q12h 3d", "not prn", True),
    ],
)
def test_a_condition_may_ask_for_the_line(text, condition, truth):
    found, doses = line(text)
    assert Condition.parse(condition).holds(found, doses) is truth


@pytest.mark.parametrize("condition", ["course>=84", "form:tablet", "prn"])
def test_without_a_line_nobody_knows(condition):
    found, _ = line("morphine 10 mg oral prn 3d")
    assert Condition.parse(condition).holds(found, NO_DOSES) is None


def said(name, code=None):
    return {"items": ["paracetamol 500 mg oral tid 3d"], "diagnoses": [{"code": code, "name": name}]}


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("支气管哮喘", ("J459",)),
        ("Asthma", ("J459",)),
        (" 2型糖尿病 ", ("E119",)),
        ("哮喘家族史", ()),
        ("疑似哮喘", ()),
        ("哮喘？", ()),
        ("支气管哮喘史", ()),
    ],
)
def test_a_diagnosis_in_words_means_its_code_or_nothing(name, codes):
    assert case(said(name)).patient.codes == codes


def test_a_written_code_goes_before_the_words():
    assert case(said("支气管哮喘", "I10")).patient.codes == ("I10",)


@pytest.mark.parametrize(("name", "truth"), [("高血压", True), ("哪里都不舒服", None), ("", False)])
def test_a_diagnosis_that_nobody_knows_keeps_the_question_open(name, truth):
    assert Condition.parse("dx").holds(case(said(name))) is truth


def test_no_name_has_two_codes_and_none_is_a_history():
    names = default_catalogue().diagnosis_names
    assert len(names) > 600
    assert not [name for name in names if "史" in name or name.startswith(("history of", "family history"))]


def liver(**patient):
    conditions = patient.pop("conditions", ["K74.6"])
    return case(
        {"items": ["paracetamol 500 mg oral tid 3d"], "patient": {"conditions": conditions, **patient}}
    )


@pytest.mark.parametrize(
    ("patient", "points"),
    [
        ({}, 5),
        ({"bilirubin": 34}, 5),
        ({"bilirubin": 35}, 6),
        ({"bilirubin": 51}, 6),
        ({"bilirubin": 52}, 7),
        ({"albumin": 35}, 5),
        ({"albumin": 34}, 6),
        ({"albumin": 27}, 7),
        ({"inr": 1.7}, 5),
        ({"inr": 2.4}, 7),
        ({"inr": 2.4, "current_medications": ["warfarin 3 mg oral qd"]}, 5),
        ({"conditions": ["K74.6", "R18"]}, 6),
        ({"bilirubin": 60, "albumin": 26, "conditions": ["K74.6", "R18"]}, 10),
        ({"bilirubin": {"value": 60, "days_ago": 200}}, 5),
    ],
)
def test_points_are_a_lower_bound_of_what_is_known(patient, points):
    assert child_pugh(liver(**patient))[0] == points


def test_the_class_follows_from_the_points():
    assert set(liver_states(liver())) == {"cirrhosis"}
    assert set(liver_states(liver(bilirubin=60))) == {"cirrhosis", "child_b"}
    worst = liver_states(liver(bilirubin=60, albumin=26, conditions=["K74.6", "R18"]))
    assert set(worst) == {"cirrhosis", "child_b", "failure"}
    assert "albumin 26" in worst["failure"]


def test_without_cirrhosis_there_is_no_class():
    assert not liver_states(liver(conditions=["I10"], bilirubin=60, albumin=26))
