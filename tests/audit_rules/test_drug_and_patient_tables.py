"""The tables about drugs together and drugs in patients: sorted, sourced, in both languages, and complete where a list is."""

import csv
from itertools import product

import pytest

from audit_rules import default_catalogue
from audit_rules.catalogue import sources
from audit_rules.knowledge.conditions import Condition
from audit_rules.knowledge.patient_rows import TABLES
from audit_rules.knowledge.tables import KNOWLEDGE
from audit_rules.report import Severity

OURS = (
    *TABLES, "classes", "class_names", "interactions", "stacks", "stack_levels", "duplicates", "duplicate_pairs",
    "allergens", "allergy_reactions", "allergy_groups", "cross_allergies", "lab_ages", "labs_asked",
)  # fmt: skip

# The class pairs of the high-priority list (Phansalkar 2012), members as far as the tables know them.
HIGH_PRIORITY = {
    "stimulants x MAO inhibitors": (
        "dexamfetamine methylphenidate lisdexamfetamine pseudoephedrine atomoxetine",
        "tranylcypromine phenelzine selegiline",
    ),
    "atazanavir x proton pump inhibitors": ("atazanavir", "omeprazole lansoprazole pantoprazole rabeprazole esomeprazole"),
    "febuxostat x thiopurines": ("febuxostat", "azathioprine mercaptopurine"),
    "SSRI and SNRI x MAO inhibitors": (
        "fluoxetine paroxetine citalopram escitalopram sertraline fluvoxamine duloxetine milnacipran venlafaxine",
        "tranylcypromine phenelzine selegiline procarbazine",
    ),
    "irinotecan x CYP3A4 inhibitors": ("irinotecan", "ritonavir clarithromycin ketoconazole itraconazole voriconazole"),
    "opioids x MAO inhibitors": ("pethidine methadone fentanyl tramadol dextromethorphan", "phenelzine selegiline"),
    "tricyclics x MAO inhibitors": ("amitriptyline clomipramine doxepin imipramine", "phenelzine selegiline"),
    "ramelteon x CYP1A2 inhibitors": ("ramelteon", "fluvoxamine amiodarone ciprofloxacin"),
    "protease inhibitors x inducers": ("ritonavir darunavir", "rifampicin carbamazepine hypericum"),
    "simvastatin and lovastatin x CYP3A4 inhibitors": (
        "simvastatin lovastatin",
        "ritonavir clarithromycin erythromycin ketoconazole itraconazole voriconazole",
    ),
    "ergots x CYP3A4 inhibitors": ("ergotamine dihydroergotamine", "ritonavir clarithromycin erythromycin itraconazole"),
    "tizanidine x CYP1A2 inhibitors": ("tizanidine", "ciprofloxacin fluvoxamine propafenone mexiletine"),
    "tranylcypromine x procarbazine": ("tranylcypromine", "procarbazine"),
    "triptans x MAO inhibitors": ("sumatriptan zolmitriptan rizatriptan", "tranylcypromine phenelzine methylthioninium"),
}  # fmt: skip

# Everyday company: these never speak (research of override studies: such pairs teach people to click through).
QUIET = [
    ("lisinopril", "hydrochlorothiazide"), ("amlodipine", "lisinopril"), ("metformin", "amlodipine"),
    ("sertraline", "amlodipine"), ("metoprolol", "amlodipine"), ("aspirin", "perindopril"), ("aspirin", "atorvastatin"),
    ("paracetamol", "ibuprofen"), ("omeprazole", "clarithromycin"), ("clopidogrel", "rabeprazole"),
    ("salbutamol", "fluticasone"), ("metformin", "insulin glargine"), ("paracetamol", "amoxicillin"),
    ("amlodipine", "clopidogrel"), ("methotrexate", "folic acid"),
]  # fmt: skip


def rows(name):
    with (KNOWLEDGE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", OURS)
def test_every_row_is_sourced_and_stands_once(name):
    found = rows(name)
    assert found
    assert len({tuple(row.values()) for row in found}) == len(found)
    if "source" in found[0]:
        assert sources().keys() >= {row["source"] for row in found}


@pytest.mark.parametrize("name", OURS)
def test_every_text_stands_in_both_languages(name):
    for row in rows(name):
        for column, text in row.items():
            if column.endswith("_zh"):
                assert text, f"{name}: {row} lacks {column}"
                assert row[f"{column.removesuffix('_zh')}_en"], f"{name}: {row} lacks English for {column}"


@pytest.mark.parametrize("name", ["classes", "class_names", "interactions", "allergens", *TABLES])
def test_rows_stand_in_order(name):
    found = [tuple(row.values())[:2] for row in rows(name)]
    assert found == sorted(found)


def test_every_class_has_a_name_and_known_members():
    catalogue = default_catalogue()
    assert catalogue.classes.keys() == catalogue.table("class_names").keys()
    for name, members in catalogue.classes.items():
        assert members <= catalogue.ingredients.keys(), name


@pytest.mark.parametrize("pair", HIGH_PRIORITY)
def test_the_high_priority_list_is_covered(pair):
    partners = default_catalogue().table("interactions")
    left, right = HIGH_PRIORITY[pair]
    for one, other in product(left.split(), right.split()):
        severities = [row.severity for row, _ in partners.get(one, {}).get(other, ())]
        assert severities, f"{one} with {other} is missing"
        assert max(severities) >= Severity.MAJOR, f"{one} with {other} is only {max(severities).word}"


@pytest.mark.parametrize(("one", "other"), QUIET)
def test_everyday_company_is_quiet(one, other):
    assert {one, other} <= default_catalogue().ingredients.keys()
    assert not default_catalogue().table("interactions").get(one, {}).get(other)


def test_partners_know_each_other():
    partners = default_catalogue().table("interactions")
    for one, others in partners.items():
        assert one not in others
        for other, found in others.items():
            assert partners[other][one] == found


@pytest.mark.parametrize(
    "text",
    ["age>65y", "lab:Potassium>5", "icd:", "with:", "sex=female", "age>=65 and", "nonsense", "dose:middle>3"],
)
def test_a_condition_outside_the_language_is_refused(text):
    with pytest.raises(ValueError, match="not a condition"):
        Condition.parse(text)


def test_conditions_name_known_cells_and_laboratory_codes():
    catalogue = default_catalogue()
    labs = {code for code, _ in catalogue.lab_units}
    for name in (*OURS,):
        for row in rows(name):
            for column in {"when", "only_if", "lower_if", "raise_if"} & row.keys():
                for part in (p for way in Condition.parse(row[column]).alternatives for p in way):
                    if part.asks.startswith("lab:"):
                        assert part.asks[4:] in labs, row
                        assert part.asks[4:] in catalogue.table("lab_ages"), row
                    for cell in part.names if part.asks in ("with", "without") else ():
                        assert (
                            cell.removeprefix("class:")
                            in catalogue.classes.keys() | catalogue.ingredients.keys()
                        ), row


def test_a_stack_has_levels_and_levels_have_members():
    catalogue = default_catalogue()
    used = {row.stack for found in catalogue.table("stacks").values() for row in found}
    assert used == catalogue.table("stack_levels").keys()
