"""What a document is, what is refused, and that a refusal names everything at once."""

import gzip
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit_rules import armour, refusal
from audit_rules.document import Refused, decode_stored, encode, fingerprint, parse, parse_many, schema
from tests.audit_rules import reading


def minimal(**over):
    made = {
        "format": "rx/1",
        "number": "N1",
        "revision": 1,
        "kind": "western",
        "setting": "outpatient",
        "issued_at": "2026-11-20T10:00:00+08:00",
        "institution": {"code": "H1"},
        "prescriber": {"id": "D1"},
        "patient": {
            "id": {"system": "health_card", "value": "1"},
            "sex": "female",
            "birth_date": "1990-01-01",
        },
        "items": [{"line": 1, "drug": {"name": "metformin"}}],
    }
    return made | over


def raw(document):
    return json.dumps(document, ensure_ascii=False).encode()


def item(**over):
    return {"line": 1, "drug": {"name": "metformin"}} | over


def refused(data):
    with pytest.raises(Refused) as caught:
        parse(data)
    assert caught.value.problems
    for problem in caught.value.problems:
        assert problem.path.startswith("$")
        assert all((problem.found, problem.allowed, *problem.message))
    return {problem.path for problem in caught.value.problems}


def test_the_smallest_document_is_one():
    assert parse(raw(minimal())).number == "N1"


def test_doses_are_exact_decimals():
    document = parse(raw(minimal(items=[item(dose={"value": 0.1, "unit": "mg"})])))
    assert document.items[0].dose.value == Decimal("0.1")


@pytest.mark.parametrize("missing", ["format", "number", "revision", "kind", "setting", "issued_at", "items"])
def test_what_is_required(missing):
    document = minimal()
    del document[missing]
    assert refused(raw(document)) == {f"$.{missing}"}


def test_all_problems_come_in_one_answer():
    document = minimal(
        kind="magic",
        revision=0,
        issued_at="2026-11-20T10:00:00",
        extra=1,
        items=[item(), item(dose={"value": "5"})],
    )
    document["patient"]["sex"] = "f"
    del document["prescriber"]
    assert refused(raw(document)) == {
        "$.kind",
        "$.revision",
        "$.issued_at",
        "$.extra",
        "$.items[1].line",
        "$.items[1].dose.value",
        "$.patient.sex",
        "$.prescriber",
    }


def with_patient(**over):
    return minimal(patient=minimal()["patient"] | over)


WRONG = {
    "unknown field": (minimal(colour="red"), "$.colour"),
    "unknown field deep inside": (
        minimal(items=[item(dose={"value": 1, "unti": "mg"})]),
        "$.items[0].dose.unti",
    ),
    "no items": (minimal(items=[]), "$.items"),
    "fifty-one items": (minimal(items=[item(line=n) for n in range(1, 52)]), "$.items"),
    "line nought": (minimal(items=[item(line=0)]), "$.items[0].line"),
    "a line twice": (minimal(items=[item(), item()]), "$.items[1].line"),
    "neither name nor code": (minimal(items=[{"line": 1, "drug": {}}]), "$.items[0].drug"),
    "a blank name": (minimal(items=[{"line": 1, "drug": {"name": "  "}}]), "$.items[0].drug"),
    "a blank number": (minimal(number=" "), "$.number"),
    "a time without offset": (minimal(issued_at="2026-11-20T10:00:00"), "$.issued_at"),
    "a day that is none": (with_patient(birth_date="1990-02-30"), "$.patient.birth_date"),
    "a time that is none": (minimal(issued_at="2026-11-20T25:00:00+08:00"), "$.issued_at"),
    "born after issue": (with_patient(birth_date="2027-01-01"), "$.patient.birth_date"),
    "a dose in quotes": (minimal(items=[item(dose={"value": "5", "unit": "mg"})]), "$.items[0].dose.value"),
    "a dose in full-width digits": (minimal(items=[item(dose={"value": "５"})]), "$.items[0].dose.value"),
    "days in quotes": (minimal(items=[item(days="7")]), "$.items[0].days"),
    "weight in quotes": (with_patient(weight_kg="61"), "$.patient.weight_kg"),
    "a huge dose": (minimal(items=[item(dose={"value": 10**9})]), "$.items[0].dose.value"),
    "too many decimals": (minimal(items=[item(days=0.12345678)]), "$.items[0].days"),
    "true as a number": (minimal(items=[item(days=True)]), "$.items[0].days"),
    "a control character": (minimal(number="N\u0007"), "$.number"),
    "an invisible character": (minimal(items=[item(purpose="a\u200bb")]), "$.items[0].purpose"),
    "text turned round": (minimal(items=[item(purpose="a\u202eb")]), "$.items[0].purpose"),
    "half a character": (minimal(number="N\ud800"), "$.number"),
    "an overlong text": (minimal(items=[item(instructions="x" * 2001)]), "$.items[0].instructions"),
    "a list for a text": (minimal(number=["N1"]), "$.number"),
    "null for what is required": (minimal(items=None), "$.items"),
}


@pytest.mark.parametrize(("document", "path"), WRONG.values(), ids=WRONG.keys())
def test_what_is_refused_and_where(document, path):
    assert path in refused(json.dumps(document).encode())


HOSTILE = {
    "nothing": b"",
    "not UTF-8": b'{"number":"\xff"}',
    "byte order mark": b"\xef\xbb\xbf" + raw(minimal()),
    "cut off": raw(minimal())[:-5],
    "two values": raw(minimal()) + b"{}",
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "deep inside a field": raw(minimal()).replace(b'"N1"', b"[" * 5000 + b"]" * 5000),
    "too large": raw(minimal(number="x" * (armour.LARGEST + 1))),
    "exponent": raw(minimal()).replace(b'"revision": 1', b'"revision": 1e999'),
    "a million digits": raw(minimal()).replace(b'"revision": 1', b'"revision": ' + b"9" * 100_000),
    "NaN": raw(minimal()).replace(b'"revision": 1', b'"revision": NaN'),
    "a key twice": raw(minimal()).replace(b'"revision": 1', b'"revision": 2, "revision": 1'),
    "a key twice, once escaped": raw(minimal()).replace(
        b'"revision": 1', b'"revisio\\u006e": 2, "revision": 1'
    ),
    "a key twice, deep inside": raw(minimal()).replace(b'"value": "1"', b'"value": "2", "value": "1"'),
    "a key twice, null first": raw(minimal()).replace(
        b'"code": "H1"', b'"name": null, "name": "x", "code": "H1"'
    ),
    "a number": b"3",
    "a text": b'"rx/1"',
    "null": b"null",
    "a bare control character": raw(minimal()).replace(b'"N1"', b'"N\x01"'),
    "escaped newline in a text": raw(minimal()).replace(b'"N1"', b'"N\\n1"'),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bytes_are_refused_and_nothing_else_happens(data):
    refused(data)


def test_a_dose_with_an_exponent_is_refused():
    data = raw(minimal(items=[item(dose={"value": 5})])).replace(b'"value": 5', b'"value": 5e3')
    assert (
        parse(data).items[0].dose.value == 5000
    )  # within bounds an exponent is only another way to write it
    assert refused(data.replace(b"5e3", b"5e30")) == {"$.items[0].dose.value"}
    assert refused(data.replace(b"5e3", b"5e-30")) == {"$.items[0].dose.value"}


def test_spaces_escapes_and_order_change_nothing():
    document = minimal(items=[item(drug={"name": "盐酸二甲双胍片"}, dose={"value": 500.0, "unit": "mg"})])
    one = parse(raw(document))
    two = parse(json.dumps(dict(reversed(document.items())), indent=2).encode())
    assert one == two
    assert fingerprint(one) == fingerprint(two)


def test_a_fingerprint_sees_what_is_said():
    one = minimal(items=[item(dose={"value": 5, "unit": "mg"})])
    same = minimal(items=[item(dose={"value": 5.0, "unit": "mg"}, days=None)], herbal=None)
    other = minimal(items=[item(dose={"value": 50, "unit": "mg"})])
    prints = [fingerprint(parse(raw(document))) for document in (one, same, other)]
    assert prints[0] == prints[1] != prints[2]
    assert len(prints[0]) == 64


def test_many_documents_each_for_itself():
    good, bad, again = parse_many(
        b"[" + b",".join([raw(minimal()), b'{"number":"B"}', raw(minimal(number="N2"))]) + b"]"
    )
    assert (good.number, again.number) == ("N1", "N2")
    assert isinstance(bad, Refused)
    assert bad.number == "B"
    assert parse_many(raw(minimal()))[0].number == "N1"


@pytest.mark.parametrize("data", [b"[]", b"[" + b",".join([b"{}"] * 101) + b"]", b"[{]", b"[" * 9999])
def test_a_list_is_refused_as_a_whole(data):
    with pytest.raises(Refused):
        parse_many(data)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_a_document_or_refused(data):
    refused(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(minimal())), JSON)
def test_any_value_in_any_field_is_accepted_or_refused(field, value):
    data = json.dumps(minimal(**{field: value})).encode()
    [document] = parse_many(data)
    if isinstance(document, Refused):
        assert document.problems
    else:
        assert parse(encode(document)) == decode_stored(encode(document)) == document


@settings(max_examples=200, deadline=None)
@given(
    value=st.decimals(min_value="0.001", max_value=999_999_999, places=3),
    zone=st.integers(-12 * 60, 14 * 60),
    moment=st.datetimes(min_value=datetime(2000, 1, 2), max_value=datetime(2100, 1, 1)),
)
def test_what_is_accepted_comes_back_the_same(value, zone, moment):
    when = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=zone)))
    document = minimal(issued_at=when.isoformat(), items=[item(dose={"value": float(value), "unit": "mg"})])
    read = parse(raw(document))
    assert read.items[0].dose.value == value
    assert read.issued_at.astimezone(UTC) == when.astimezone(UTC)
    assert decode_stored(encode(read)) == read


def test_the_quick_way_and_the_careful_way_agree():
    for spec in CASE_SPECS:
        document = reading.document(spec)
        value, problems = armour.read(encode(document))
        assert problems == []
        assert refusal.problems(value) == []


def test_the_schema_is_published_and_closed():
    published = schema()
    assert published["additionalProperties"] is False
    assert "decimal" not in json.dumps(published)
    assert set(published["required"]) >= {
        "format",
        "number",
        "revision",
        "kind",
        "setting",
        "items",
        "patient",
    }


CASE_SPECS = [
    spec for path in sorted(reading.CASES.rglob("*.yaml")) for spec in list(reading._yaml(path).values())[:1]
]
EXAMPLES = Path(__file__).parents[2] / "examples"


def test_every_example_parses():
    cases = json.loads((EXAMPLES / "audit_cases.json").read_text(encoding="utf-8"))
    documents = [raw(document) for case in cases for document in (case["document"], *case.get("history", []))]
    documents += gzip.decompress((EXAMPLES / "stream.jsonl.gz").read_bytes()).splitlines()
    assert len(documents) > 18_000
    refusals = [each for each in map(parse_many, documents) if isinstance(each[0], Refused)]
    assert refusals == []
