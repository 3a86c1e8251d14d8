"""One cause, one finding, in the whole engine; and two dangers of the same drugs stay two."""

import pytest

from audit_rules import Severity, audit, default_catalogue
from audit_rules.dangers import DANGERS, dangers_in
from tests.audit_rules import reading

CEFTRIAXONE, CALCIUM = (
    "ceftriaxone 150 mg intravenous_infusion qd 3d",
    "calcium gluconate 300 mg intravenous_infusion qd 3d",
)
NEWBORN = {"age": "5d", "weight_kg": 3.2}
# title: (spec, the rules that speak of these drugs alone, the rules kept as evidence of the first)
FOLDED = {
    "one container: the mixture speaks": (
        {"items": [{"text": text, "group": "1"} for text in (CEFTRIAXONE, CALCIUM)], "setting": "inpatient"},
        ["IVI001"],
        ["INT001"],
    ),
    "a newborn, apart: the pair speaks": (
        {"items": [CEFTRIAXONE, CALCIUM], "setting": "inpatient", "patient": NEWBORN},
        ["INT001"],
        ["AGE001", "IVI001"],
    ),
    "kidney failure as a code and as a value": (
        {"items": ["metformin 500 mg oral bid 7d"], "patient": {"conditions": ["N18.5"], "egfr": 12}},
        ["REN001"],
        ["DIS001"],
    ),
    "over the renal and the general maximum": (
        {"items": ["metformin 1000 mg oral tid 7d"], "patient": {"egfr": 40}},
        ["REN002"],
        ["DOS002"],
    ),
    "too much in a day because too often": (
        {"items": ["digoxin 0.25 mg oral tid 7d"]},
        ["DOS002"],
        ["FRQ002"],
    ),
    "methotrexate daily": ({"items": ["methotrexate 10 mg oral qd 7d"]}, ["FRQ001"], []),
    "a daily dose of an aminoglycoside three times": (
        {"items": ["gentamicin 120 mg intramuscular q8h 3d"], "patient": {"age": 8, "weight_kg": 16}},
        ["FRQ003"],
        ["DOS004"],
    ),
    "too much for old age, as dose and as criterion": (
        {"items": ["digoxin 0.25 mg oral qd 7d"], "patient": {"age": 80}},
        ["DOS006"],
        ["GER001"],
    ),
    "high potassium as a code and as a value": (
        {
            "items": ["spironolactone 20 mg oral qd 7d"],
            "patient": {"conditions": ["E87.5"], "potassium": 6.1},
        },
        ["LAB001"],
        ["DIS001"],
    ),
    "two pairs and the stack of all three": (
        {
            "items": [
                f"{drug} oral qd 7d"
                for drug in ("moxifloxacin 400 mg", "amiodarone 200 mg", "haloperidol 2 mg")
            ]
        },
        ["INT001"],
        ["INT001", "STK001"],
    ),
    "a pair found by two classes": (
        {"items": ["diazepam 5 mg oral qn 7d", "estazolam 1 mg oral qn 7d"]},
        ["DUP002"],
        ["DUP002"],
    ),
    "an allergy recorded twice": (
        {
            "items": ["amoxicillin 500 mg oral tid 5d"],
            "patient": {"allergies": [{"substance": "penicillin", "reaction": "anaphylaxis"}, "amoxicillin"]},
        },
        ["ALG001"],
        ["ALG001"],
    ),
    "a route that kills and a form that does not fit it": (
        {"items": [{"text": "vincristine 2 mg intrathecal once 1d", "form": "tablet"}]},
        ["RTE001"],
        ["RTE002"],
    ),
}
APART = {"form", "legality", "authority", "indication", "skin_test", "history", "insurance"}


def clinical(spec):
    return [f for f in audit(reading.case(spec)).findings if f.category not in APART]


def told(finding):
    return sorted({part.partition(":")[0] for part in finding.evidence.get("also", "").split("; ") if part})


@pytest.mark.parametrize("title", FOLDED)
def test_one_cause_is_one_finding(title):
    spec, speak, kept = FOLDED[title]
    found = [f for f in clinical(spec) if f.severity >= Severity.MAJOR and f.category != "age"]
    assert [f.rule for f in found] == speak
    assert [rule for rule in told(found[0]) if rule in kept] == kept


def test_the_stack_names_all_its_drugs():
    [finding] = clinical(FOLDED["two pairs and the stack of all three"][0])
    assert finding.severity is Severity.CRITICAL
    assert set(finding.drugs) == {"moxifloxacin", "amiodarone", "haloperidol"}
    assert finding.lines == (1, 2, 3)


DIFFERENT = {
    "kidney harm is not the precipitate": (
        {
            "items": [
                {"text": "amikacin 400 mg intravenous_infusion qd 3d", "group": "1"},
                {"text": "amphotericin b 50 mg intravenous_infusion qd 3d", "group": "1"},
            ],
            "setting": "inpatient",
        },
        {"INT001", "IVI001"},
    ),
    "asthma is not AV block": (
        {"items": ["propranolol 10 mg oral tid 7d"], "patient": {"conditions": ["J45.9", "I44.2"]}},
        {"Contraindicated in asthma", "Contraindicated in AV block"},
    ),
    "an ulcer is not a failing heart": (
        {"items": ["diclofenac 25 mg oral tid 5d"], "patient": {"conditions": ["K25.9", "I50.9"]}},
        {"ulcer", "heart failure"},
    ),
    "bleeding is not torsades": (
        {
            "items": [
                f"{drug} oral qd 7d"
                for drug in ("citalopram 20 mg", "sotalol 80 mg", "moxifloxacin 400 mg", "warfarin 3 mg")
            ]
        },
        {"QT prolongation", "warfarin, citalopram: Bleeding"},
    ),
    "two antidepressants that are a danger too": (
        {"items": ["sertraline 50 mg oral qd 7d", "venlafaxine 75 mg oral qd 7d"]},
        {"DUP002", "INT001"},
    ),
}


@pytest.mark.parametrize("title", DIFFERENT)
def test_two_dangers_are_two_findings(title):
    spec, wanted = DIFFERENT[title]
    found = [f"{f.rule} {f.message.en}" for f in clinical(spec)]
    for words in wanted:
        assert any(words in each for each in found), (words, found)


def test_every_stack_has_interactions_that_name_its_danger():
    catalogue = default_catalogue()
    assert set(DANGERS) == set(catalogue.table("stack_levels"))
    effects = {
        row.effect_en
        for partners in catalogue.table("interactions").values()
        for rows in partners.values()
        for row, _ in rows
    }
    named = {name for effect in effects for name in dangers_in(effect)}
    assert named == {danger.name for danger in DANGERS.values()}
