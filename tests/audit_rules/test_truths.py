"""The bits of the patient tables say what the conditions say, and what hangs on lines alone is asked once."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit_rules import Case, Gap, Text, audit, default_catalogue, rule
from audit_rules.knowledge.conditions import OPERATORS, Doses, Part
from audit_rules.knowledge.patient_rows import TABLES
from audit_rules.knowledge.truths import Bounds, Truths, asked_later
from audit_rules.report import Severity
from audit_rules.together import daily_of
from tests.audit_rules import reading

NUMBERS = st.decimals(min_value=-5, max_value=300, places=1, allow_nan=False)
PARTS = st.lists(st.builds(Part, st.just("age"), st.sampled_from(sorted(OPERATORS)), NUMBERS), min_size=1)


def told_by_conditions(case: Case, name: str) -> list[tuple[int, str, str]]:
    table = case.catalogue.table(name)
    found = []
    for use in case.uses:
        doses = Doses(own=daily_of(case, use), item=use.item)
        facts = [f for f in table.by_route(use) if f.when.holds(case, doses)]
        found += [(use.line, use.ingredient, f.when.text) for f in facts]
    return found


PATIENTS = (
    {
        "age": 80,
        "sex": "male",
        "potassium": 6.1,
        "egfr": 20,
        "conditions": ["N18.4", "I50.9", "K25.9", "G20"],
    },
    {
        "age": 30,
        "sex": "female",
        "pregnant": True,
        "pregnancy_weeks": 9,
        "conditions": ["J45.9", "E10.9", "Z86.7"],
    },
    {"age": "20d", "sex": "female", "weight_kg": 3.2, "conditions": ["P59.9", "G40.9", "Q21.1"]},
    {
        "age": 45,
        "sex": "male",
        "creatinine": 310,
        "inr": 5.2,
        "platelets": 40,
        "conditions": ["K74.6", "F20.0"],
    },
)


def test_bits_and_conditions_agree_for_every_ingredient():
    tables = default_catalogue().table
    seen = 0
    for place, key in enumerate(sorted(frozenset().union(*(tables(name).ingredients for name in TABLES)))):
        case = reading.case({"patient": PATIENTS[place % 4], "items": [f"{key} 100 mg oral tid 30d"]})
        for name in TABLES:
            matches = case.facts.get(name, ())
            by_bits = [(m.use.line, m.use.ingredient, m.fact.when.text) for m in matches]
            assert by_bits == told_by_conditions(case, name), (name, key)
            seen += len(by_bits)
    assert seen > 500


def test_bits_and_conditions_agree_on_every_case_of_every_rule():
    for found in default_catalogue().rules:
        for spec in reading.specs_for(found).values():
            case = reading.case(spec)
            for name in TABLES:
                matches = case.facts.get(name, ())
                by_bits = [(m.use.line, m.use.ingredient, m.fact.when.text) for m in matches]
                assert by_bits == told_by_conditions(case, name), (name, spec)


@given(PARTS, NUMBERS)
def test_bounds_answer_every_comparison(parts, value):
    numbered = [(part, 1 << place) for place, part in enumerate(parts)]
    true = Bounds(numbered).true_at(value)
    for part, bit in numbered:
        assert bool(true & bit) is OPERATORS[part.sign](value, part.bound)


@pytest.mark.parametrize("value", [Decimal("4.9"), Decimal("5.0"), Decimal(5), 5, Decimal("5.1")])
def test_a_bound_is_met_exactly(value):
    parts = [(Part("age", sign, Decimal(5)), bit) for sign, bit in ((">=", 1), ("<=", 2), (">", 4), ("<", 8))]
    expected = {4.9: 2 + 8, 5.0: 1 + 2, 5.1: 1 + 4}[float(value)]
    assert Bounds(parts).true_at(value) == expected


def test_a_rule_of_lines_is_given_no_patient_and_asked_once():
    given_to = []

    def looks(lines):
        given_to.append(lines)
        yield Gap((1,), "seen", Text("见", "seen"), holds=False)

    made = rule(
        id="ZZZ001", title=Text("行", "lines"), category="form", severity=Severity.INFO, lines_only=True
    )(looks)
    catalogue = default_catalogue()
    cases = [
        reading.case({"items": ["ibuprofen 211 mg oral tid 3d"], "patient": {"age": a}}) for a in (30, 60)
    ]
    concerns, catalogue.concerns = catalogue.concerns, type(catalogue.concerns)((made,), catalogue)
    try:
        said = [audit(case).not_checked for case in cases]
    finally:
        catalogue.concerns = concerns
        cases[0].lines.plans.clear()
    assert [[gap.reason for gap in gaps] for gaps in said] == [["seen"], ["seen"]]
    assert len(given_to) == 1
    assert not hasattr(given_to[0], "patient")


def test_a_comparison_turned_round_is_no_bit_but_asked_of_the_case():
    turned = Part("age", ">=", Decimal(65), negated=True)
    truths = Truths(
        [part for part in (turned, Part("age", ">=", Decimal(65))) if not asked_later(part)], frozenset
    )
    assert asked_later(turned)
    assert turned not in truths.bits
    young, old = (
        reading.case({"patient": {"age": a}, "items": ["ibuprofen 200 mg oral tid 3d"]}) for a in (30, 70)
    )
    assert [turned.holds(young), turned.holds(old)] == [True, False]
    assert [truths.of(young), truths.of(old)] == [0, 1]
