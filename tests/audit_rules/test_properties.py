"""What holds for every case of every rule, and for odd documents: order, units, silence, crashes, bytes."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from audit_rules import audit, default_catalogue
from tests.audit_rules import reading

SPECS = [
    spec
    for path in sorted(reading.CASES.rglob("*.yaml"))
    for spec in reading._yaml(path).values()
    if len(spec.get("items", [])) > 1
]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SPECS), st.randoms())
def test_the_order_of_lines_changes_nothing(spec, random):
    case = reading.case(spec)
    items = list(case.document.items)
    random.shuffle(items)
    history = list(case.linked)
    random.shuffle(history)
    again = audit(replace(case.document, items=tuple(items)), history)
    assert again.to_json() == audit(case.document, case.linked).to_json()


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SPECS))
def test_an_unrelated_line_removes_no_finding(spec):
    case = reading.case(spec)
    if case.kind == "herbal" or len(case.items) > 20:
        return
    line = max(item.line for item in case.items) + 1
    extra = reading.document({"items": ["carbomer 1 drop ophthalmic tid 7d"]}).items[0]
    more = audit(replace(case.document, items=(*case.document.items, replace(extra, line=line))), case.linked)
    after = more.findings
    for finding in audit(case).findings:
        assert any(f.rule == finding.rule and set(f.drugs) >= set(finding.drugs) for f in after), finding.rule


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(SPECS))
def test_half_a_gram_is_five_hundred_milligrams(spec):
    case = reading.case(spec)
    items = []
    for item in case.document.items:
        dose = item.dose
        if dose is not None and dose.unit == "mg" and dose.value is not None:
            item = replace(item, dose=replace(dose, value=dose.value / 1000, unit="g"))
        items.append(item)
    in_grams = audit(replace(case.document, items=tuple(items)), case.linked)
    assert [(f.rule, f.lines, f.severity) for f in in_grams.findings] == [
        (f.rule, f.lines, f.severity) for f in audit(case).findings
    ]


WORDS = st.sampled_from(
    ["", "mg", "IU", "单位", "tablet", "qd", "prn", "oral", "inhaled", "盐酸", "片", "/", "𠀀", "-1"]
)
NAMES = (
    st.sampled_from(sorted(default_catalogue().ingredients))
    | WORDS.filter(bool)
    | st.text(min_size=1, max_size=9)
)


@st.composite
def odd_items(draw):
    quantity = st.none() | st.fixed_dictionaries(
        {
            "value": st.none() | st.integers(1, 10**8) | st.floats(0.001, 999).map(lambda f: round(f, 3)),
            "unit": WORDS,
        }
    )
    names = [
        name for name in draw(st.lists(NAMES, min_size=1, max_size=4)) if name.isprintable() and name.strip()
    ]
    return [
        {
            "line": line,
            "drug": {"name": name},
            "dose": draw(quantity),
            "strength": draw(quantity),
            "max_per_day": draw(quantity),
            "route": draw(st.none() | WORDS),
            "frequency": draw(st.none() | WORDS),
            "days": draw(st.none() | st.integers(1, 400)),
            "concentration": draw(st.none() | st.sampled_from(["100mg/5ml", "5%", "/", "mg/0ml", "1mg/0ml"])),
        }
        for line, name in enumerate(names or ["ibuprofen"], start=1)
    ]


@settings(max_examples=200, deadline=None)
@given(odd_items(), st.sampled_from(["1900-01-01", "1960-02-29", "2010-01-01", "2026-11-20"]), st.booleans())
def test_no_document_crashes_a_rule(items, born, herbal):
    document = reading.document(
        {
            "items": items,
            "kind": "herbal" if herbal else "western",
            "patient": {"birth_date": born, "sex": "female"},
        }
    )
    earlier = {"number": "H", "issued_at": "2026-11-19T10:00:00+08:00"}
    history = [reading.document({"items": items, "document": earlier})] if born < "2026" else []
    report = audit(document, history)
    assert [gap for gap in report.not_checked if gap.reason in ("rule_crashed", "case_unreadable")] == []
    assert report.to_json() == audit(document, history).to_json()


def test_the_same_case_gives_the_same_bytes():
    spec = {
        "items": ["warfarin 3 mg oral qd 28d", "ibuprofen 200 mg oral tid 3d"],
        "patient": {"weight_kg": 60},
    }
    assert audit(reading.case(spec)).to_json() == audit(reading.case(spec)).to_json()
