"""What holds for any prescription of the catalogue's own drugs: how a line is written never changes the judgement."""

from functools import cache

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from audit_rules import Case, Severity, audit, default_catalogue
from tests.audit_rules import drawing, reading

SLOW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
WRITTEN = {"form", "internet"}  # categories that judge how a drug is written


def judged(case, items=None):
    """What the audit says of these lines: rule, severity, lines and drugs, and what was not checked."""
    document = case.document if items is None else replace(case.document, items=tuple(items))
    report = audit(document, case.linked)
    said = [(f.rule, f.severity, f.lines, f.drugs) for f in report.findings if f.category not in WRITTEN]
    gaps = [(g.rule, g.reason, g.lines, g.holds) for g in report.not_checked]
    assert [gap for gap in gaps if gap[1] in ("rule_crashed", "case_unreadable")] == []
    return sorted(said), sorted(gaps)


@SLOW
@given(drawing.specs(), st.randoms(use_true_random=False))
def test_the_order_of_lines_and_of_history_changes_nothing(spec, random):
    case = reading.case(spec)
    items, history = list(case.document.items), list(case.linked)
    random.shuffle(items)
    random.shuffle(history)
    again = audit(replace(case.document, items=tuple(items)), history)
    assert again.to_json() == audit(case.document, case.linked).to_json()


@SLOW
@given(drawing.specs(), st.sampled_from([("g", 1000), ("µg", 0.001), ("毫克", 1), ("mcg", 0.001)]))
def test_the_unit_in_which_a_mass_is_written_changes_nothing(spec, unit):
    word, milligrams = unit
    case = reading.case(spec)
    in_iu = {
        key for key, rows in default_catalogue().table("doses").items() if any(r.unit == "IU" for r in rows)
    }
    items = []
    for item in case.document.items:
        if item.drug.name not in in_iu:  # there the number itself tells which unit was meant
            item = replace(
                item,
                dose=replace(
                    item.dose, value=item.dose.value / type(item.dose.value)(str(milligrams)), unit=word
                ),
            )
        items.append(item)
    assert judged(case, items) == judged(case)


@cache
def names_of(key):
    """Every written name of one ingredient alone that names no dosage form."""
    rows = default_catalogue().table("names")
    return sorted(name for name, row in rows.items() if row.ingredients == (key,) and not row.form)


@SLOW
@given(drawing.specs(), st.data())
def test_another_name_or_salt_changes_nothing(spec, data):
    case = reading.case(spec)
    items = [
        replace(item, drug=replace(item.drug, name=data.draw(st.sampled_from(names_of(item.drug.name)))))
        for item in case.document.items
    ]
    assert judged(case, items) == judged(case)


def test_every_name_of_the_table_means_its_ingredients():
    drugs = default_catalogue().drugs
    for name, row in default_catalogue().table("names").items():
        assert drugs.find(name).ingredients == row.ingredients, name


DOSE = {"dose", "renal", "hepatic"}


def worst_of_dose(case, items):
    report = audit(replace(case.document, items=tuple(items)), case.linked)
    found = [f for f in report.findings if f.category in DOSE or f.rule in ("FRQ001", "FRQ002", "FRQ003")]
    held = any(gap.holds for gap in report.not_checked)
    return max((f.severity for f in found), default=Severity.INFO), held


@SLOW
@given(drawing.specs(most=2))
def test_one_line_written_as_two_is_judged_no_milder(spec):
    """Two tablets on one line, or one on each of two lines by the same route at the same regular times."""
    case = reading.case(spec)
    first, *others = case.document.items
    assume(first.frequency != "prn")  # two doses to be taken when needed are two choices, not one dose
    half = replace(first, dose=replace(first.dose, value=first.dose.value / 2))
    two = [half, *others, replace(half, line=len(others) + 2)]
    before, after = worst_of_dose(case, case.document.items), worst_of_dose(case, two)
    assert after[0] >= before[0]


@SLOW
@given(drawing.specs())
def test_an_unrelated_line_removes_no_finding(spec):
    case = reading.case(spec)
    line = max(item.line for item in case.document.items) + 1
    extra = replace(reading.document({"items": ["carbomer 1 drop ophthalmic tid 7d"]}).items[0], line=line)
    more = audit(replace(case.document, items=(*case.document.items, extra)), case.linked)
    for finding in audit(case.document, case.linked).findings:
        assert any(
            f.rule == finding.rule and f.severity >= finding.severity and set(f.drugs) >= set(finding.drugs)
            for f in more.findings
        ), finding.rule
    gaps = {(gap.rule, gap.reason, gap.holds) for gap in more.not_checked}
    assert {
        (gap.rule, gap.reason, gap.holds) for gap in audit(case.document, case.linked).not_checked
    } <= gaps


@SLOW
@given(drawing.specs())
def test_what_is_left_out_by_the_index_would_have_said_nothing(spec):
    case = reading.case(spec)
    chosen = {rule.id for rule in case.catalogue.concerns.of_case(case) if not rule.when or rule.when(case)}
    for rule in case.catalogue.rules:
        fits = (not rule.kinds or case.kind in rule.kinds) and (
            not rule.settings or case.setting in rule.settings
        )
        if fits and rule.id not in chosen and not rule.retired:
            assert list(rule.check(Case.of(case.document, case.linked))) == [], rule.id


def test_every_drug_of_the_tables_is_judged_alone():
    for key, (route, single) in drawing.drugs().items():
        dose = f"{single:.6f}".rstrip("0").rstrip(".")
        judged(reading.case({"items": [f"{key} {dose} mg {route} bid 7d"], "patient": {"age": 50}}))
