"""The bounds of rx/1: what no document may say because no table, clock or dose could hold it."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from audit_rules import refusal
from audit_rules.document import parse, schema
from tests.audit_rules.test_document import item, minimal, raw, refused

FULL_PATIENT = {
    "id": {"system": "health_card", "value": "1"},
    "sex": "female",
    "birth_date": "1990-01-01",
    "weight_kg": 61,
    "height_cm": 158,
    "observations": [{"code": "base_excess", "value": -3, "at": "2026-11-18T08:00:00+08:00"}],
    "current_medications": [
        {"drug": {"name": "warfarin"}, "strength": {"value": 1}, "dose": {"value": 3}, "days": 7}
    ],
}
FULL_ITEM = item(
    strength={"value": 1},
    components=[{"name": "a", "value": 1}],
    concentration={"value": 1},
    dose={"value": 1},
    per={"value": 1},
    max_per_day={"value": 1},
    days=7,
    quantity={"value": 1},
)


def full(**over: Any) -> dict[str, Any]:
    herbal = {"doses": 7, "per_day": 1}
    return copy.deepcopy(minimal(patient=FULL_PATIENT, items=[FULL_ITEM], herbal=herbal) | over)


def put(document: dict[str, Any], path: str, value: Any) -> bytes:
    """The document with one value changed, as bytes; `path` as problems name it."""
    *steps, last = [
        int(s) if s.isdigit() else s for s in path[2:].replace("[", ".").replace("]", "").split(".")
    ]
    place: Any = document
    for step in steps:
        place = place[step]
    place[last] = value
    return raw(document)


def amounts(node: Any, path: str, properties: dict[str, Any]) -> list[str]:
    """Paths of all numbers that `node`, a valid document, holds where the schema wants them positive."""
    found = []
    for key, value in node.items():
        here, rule = f"{path}.{key}", json.dumps(properties[key])
        if isinstance(value, list):
            found += amounts(value[0], f"{here}[0]", named(rule)) if isinstance(value[0], dict) else []
        elif isinstance(value, dict):
            found += amounts(value, here, named(rule))
        elif isinstance(value, int) and '"exclusiveMinimum": 0' in rule:
            found.append(here)
    return found


def named(rule: str) -> dict[str, Any]:
    name = rule.partition("#/$defs/")[2].partition('"')[0]
    return dict(schema()["$defs"][name]["properties"])


POSITIVE = amounts(full(), "$", schema()["properties"])


def test_the_full_document_is_one_and_reaches_every_bounded_number():
    parse(raw(full()))
    assert len(POSITIVE) == 15
    written = json.dumps(schema())
    kinds = {"Quantity", "Component", "Item", "CurrentMedication", "Herbal", "Patient"}
    assert written.count('"exclusiveMinimum": 0') == 8
    assert all('"exclusiveMinimum": 0' in json.dumps(schema()["$defs"][kind]) for kind in kinds)


@pytest.mark.parametrize("value", [0, -5, -0.5, 0.0])
@pytest.mark.parametrize("path", POSITIVE)
def test_an_amount_of_nothing_or_less_is_refused(path, value):
    assert refused(put(full(), path, value)) == {path}


def test_a_measurement_may_be_nought_or_less():
    for value in (-3, 0, 1.5):
        parse(put(full(), "$.patient.observations[0].value", value))


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("$.items[0].days", 3650),
        ("$.patient.current_medications[0].days", 3650),
        ("$.herbal.doses", 3650),
        ("$.herbal.per_day", 24),
    ],
)
def test_days_and_doses_of_a_decoction_have_an_end(path, most):
    parse(put(full(), path, most))
    assert refused(put(full(), path, most + 0.5)) == {path}


MOMENTS = ["$.issued_at", "$.patient.observations[0].at"]


@pytest.mark.parametrize("path", MOMENTS)
@pytest.mark.parametrize(
    "moment", ["9999-12-31T23:59:00-12:00", "2101-01-01T00:00:00Z", "0001-01-01T00:00:00+08:00"]
)
def test_a_time_no_clock_of_ours_reads_is_refused(path, moment):
    assert path in refused(put(full(), path, moment))


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31"])
def test_nobody_was_born_that_long_ago(day):
    assert refused(put(full(), "$.patient.birth_date", day)) == {"$.patient.birth_date"}


def test_the_first_and_the_last_year_are_read():
    parse(
        put(full(patient=FULL_PATIENT | {"birth_date": "1900-01-01"}), "$.issued_at", "1900-01-01T00:00:00Z")
    )
    last = parse(put(full(), "$.issued_at", "2100-12-31T23:59:59-12:00"))
    assert last.issued_at.astimezone(UTC) < datetime(2101, 1, 2, tzinfo=UTC)


LENGTHS = {
    "$.number": 64,
    "$.prescriber.id": 64,
    "$.institution.code": 32,
    "$.patient.id.system": 40,
    "$.items[0].drug.name": 300,
}


@pytest.mark.parametrize(("path", "most"), LENGTHS.items())
def test_a_text_that_becomes_a_column_fits_it(path, most):
    parse(put(full(), path, "处" * most))
    assert refused(put(full(), path, "处" * (most + 1))) == {path}


def test_the_careful_way_refuses_what_the_quick_way_refuses():
    """A backslash sends a document the careful way, where the schema is not asked unless something is wrong."""
    for path in POSITIVE:
        data = put(full(), path, -1).replace(b'"N1"', b'"\\u004e1"')
        assert refused(data) == {path}
        assert refusal.problems(json.loads(data))
