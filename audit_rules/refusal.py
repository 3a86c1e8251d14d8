"""What each refusal says: the JSON Schema of `rx1.py`, made strict, and a sentence for everything that breaks
it.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import jsonschema
import msgspec

from audit_rules import repeats
from audit_rules.armour import BOUND
from audit_rules.problems import MOST_PROBLEMS, Problem, join, shown
from audit_rules.report import Text
from audit_rules.rx1 import (
    FIRST_YEAR,
    LAST_YEAR,
    MOST_DAYS,
    MOST_PER_DAY,
    Component,
    Item,
    Patient,
    Prescription,
    Quantity,
)

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_formats = jsonschema.FormatChecker(formats=())


@_formats.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or bool(
        _MOMENT.fullmatch(value) and datetime.fromisoformat(value.upper())
    )


@_formats.checks("date", raises=ValueError)
def _is_day(value: object) -> bool:
    return not isinstance(value, str) or bool(_DAY.fullmatch(value) and date.fromisoformat(value))


@cache
def schema() -> dict[str, Any]:
    """JSON Schema of a document: numbers are numbers, bounded; everything else as the types say."""
    made = msgspec.json.schema(Prescription)
    parts = made.pop("$defs")
    root = parts.pop("Prescription")
    tightened: dict[str, Any] = _tightened(root | {"$defs": parts})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:rxcenter:rx:1",
        **tightened,
    }


def _tightened(node: Any) -> Any:
    if isinstance(node, list):
        return [_tightened(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    if node.get("format") == "decimal":
        bound = int(BOUND)
        own = {key: inner for key, inner in node.items() if key not in ("type", "format")}
        top = {} if "maximum" in own else {"exclusiveMaximum": bound}
        return {"type": "number", "exclusiveMinimum": -bound, **top, **own}
    return {key: _tightened(inner) for key, inner in node.items() if not (key == "default" and inner is None)}


@cache
def _validator() -> Any:
    return jsonschema.Draft202012Validator(schema(), format_checker=_formats)


def problems(value: Any) -> list[Problem]:
    """Everything in a JSON value that no rx/1 document may have."""
    found: list[Problem] = []
    for error in _validator().iter_errors(value):
        found.extend(_told(leaf) for leaf in _leaves(error))
        if len(found) >= MOST_PROBLEMS:
            break
    return found + list(_inconsistent(value))


def ordered(found: Iterable[Problem]) -> list[Problem]:
    """Each problem once, in the order of their places."""
    return sorted(dict.fromkeys(found), key=lambda p: (p.path, p.allowed))[:MOST_PROBLEMS]


def from_decoder(raw: bytes) -> Problem:
    """A refusal that only the decoder gives."""
    text, _, path = _decoder_says(raw).partition(" - at `")
    return Problem(path.rstrip("`") or "$", "value", text, Text("数据类型不符", "the type does not fit"))


def _decoder_says(raw: bytes) -> str:
    try:
        msgspec.json.decode(raw, type=Prescription)
    except (ValueError, RecursionError) as error:
        return str(error)
    return "an rx/1 document"


def consistent(document: Prescription) -> bool:
    """The quick twin of `_inconsistent`, and of what the schema says of years and amounts, for a document whose
    types are right.
    """
    patient, herbal, issued = document.patient, document.herbal, document.issued_at
    lines = set()
    for item in document.items:
        lines.add(item.line)
        if not (item.drug.name or item.drug.code or "").strip() or not _measured(item):
            return False
    return (
        len(lines) == len(document.items)
        and patient.birth_date.year >= FIRST_YEAR
        and patient.birth_date <= issued.date()
        and issued.year <= LAST_YEAR
        and (herbal is None or (_up_to(herbal.doses, MOST_DAYS) and _up_to(herbal.per_day, MOST_PER_DAY)))
        and _told_of(patient)
        and repeats.consistent(document)
        and bool(
            document.number.strip() and document.institution.code.strip() and document.prescriber.id.strip()
        )
    )


def _told_of(patient: Patient) -> bool:
    """Whether what the patient brings along lies within the bounds."""
    for seen in patient.observations or ():
        if seen.at is not None and not FIRST_YEAR <= seen.at.year <= LAST_YEAR:
            return False
    for taken in patient.current_medications or ():
        if not (_positive(taken.strength) and _positive(taken.dose) and _up_to(taken.days, MOST_DAYS)):
            return False
    weight, height = patient.weight_kg, patient.height_cm
    return (weight is None or weight > 0) and (height is None or height > 0)


def _measured(item: Item) -> bool:
    """Whether every amount of a line lies within the bounds."""
    for given in (item.dose, item.quantity, item.strength, item.per, item.max_per_day):
        if given is not None and given.value is not None and given.value <= 0:
            return False
    strength = item.concentration
    return (
        _up_to(item.days, MOST_DAYS)
        and (strength is None or isinstance(strength, str) or _positive(strength))
        and (item.components is None or all(map(_positive, item.components)))
    )


def _positive(given: Quantity | Component | None) -> bool:
    return given is None or given.value is None or given.value > 0


def _up_to(value: Decimal | None, most: int) -> bool:
    return value is None or 0 < value <= most


def _inconsistent(value: Any) -> Iterator[Problem]:
    if not isinstance(value, dict):
        return
    yield from _blank(value)
    yield from repeats.problems(value)
    items = value.get("items")
    seen: set[Any] = set()
    for index, item in enumerate(items if isinstance(items, list) else ()):
        path = join("$.items", index)
        if not isinstance(item, dict):
            continue
        line, drug = item.get("line"), item.get("drug")
        if isinstance(line, int) and line in seen:
            yield Problem(
                f"{path}.line",
                shown(line),
                "a number used once",
                Text("行号重复", "the line number is used twice"),
            )
        seen.add(line if isinstance(line, int) else None)
        if isinstance(drug, dict) and not str(drug.get("name") or drug.get("code") or "").strip():
            message = Text("药品名称和编码不能都为空", "a drug needs a name or a code")
            yield Problem(f"{path}.drug", "neither", "name or code", message)


def _blank(value: dict[str, Any]) -> Iterator[Problem]:
    for path, key in (("", "number"), ("institution", "code"), ("prescriber", "id")):
        part = value.get(path) if path else value
        text = part.get(key) if isinstance(part, dict) else None
        if isinstance(text, str) and text and not text.strip():
            where = f"$.{path}.{key}" if path else f"$.{key}"
            yield Problem(where, "spaces", "text", Text("不能为空白", "it must not be blank"))
    patient, issued = value.get("patient"), str(value.get("issued_at"))[:10]
    born = patient.get("birth_date") if isinstance(patient, dict) else None
    if isinstance(born, str) and _DAY.fullmatch(born) and _DAY.fullmatch(issued) and born > issued:
        message = Text("出生日期晚于开具日期", "the birth date is after the day of issue")
        yield Problem("$.patient.birth_date", born, f"<= {issued}", message)


def _leaves(error: Any) -> Iterator[Any]:
    """The errors people can act on: inside a choice with null, those of the other branch."""
    if error.validator not in ("anyOf", "oneOf"):
        yield error
        return
    branches: dict[int, list[Any]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    fitting = [b for b in branches.values() if not any(e.validator == "type" and not e.path for e in b)]
    if len(fitting) == 1:
        for inner in fitting[0]:
            yield from _leaves(inner)
    else:
        yield error


def _told(error: Any) -> Problem:
    path = "$"
    for step in error.absolute_path:
        path = join(path, step)
    if error.validator == "required":
        missing = error.message.split("'")[1]  # one error for each missing field
        return Problem(
            join(path, missing), "nothing", "required", Text("缺少必填字段", "a required field is missing")
        )
    if error.validator == "additionalProperties":
        extra = sorted(set(error.instance) - set(error.schema["properties"]))
        known = ", ".join(error.schema["properties"])
        message = Text(f"未知字段 {shown(extra[0])}", f"unknown field {shown(extra[0])}")
        return Problem(join(path, extra[0]), ", ".join(map(shown, extra[:10])), known, message)
    allowed, message = _SAID.get(error.validator, _other)(error)
    return Problem(path, shown(error.instance), allowed, message)


def _other(error: Any) -> tuple[str, Text]:
    kinds = [_kind(branch) for branch in error.schema.get("anyOf", [])]
    return " | ".join(kinds) or str(error.validator_value), Text("取值不符合要求", "the value does not fit")


def _kind(branch: dict[str, Any]) -> str:
    if "enum" in branch:
        return " | ".join(map(str, branch["enum"]))
    return str(branch.get("type") or branch.get("$ref", "").rpartition("/")[2] or "value")


def _said(zh: str, en: str, allowed: str) -> Any:
    return lambda error: (allowed.format(error.validator_value), Text(zh, en))


def _choice(error: Any) -> tuple[str, Text]:
    values = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    return " | ".join(map(str, values)), Text("取值不在允许范围内", "the value is not one of those allowed")


def _format(error: Any) -> tuple[str, Text]:
    if error.validator_value == "date-time":
        return "YYYY-MM-DDThh:mm:ss+hh:mm", Text("时间须带时区偏移", "a time with its offset is needed")
    return "YYYY-MM-DD", Text("日期格式不符", "a date is needed")


def _above(error: Any) -> tuple[str, Text]:
    if error.validator_value == 0:
        return "> 0", Text("须大于0,未知时请留空", "it must be more than 0; leave out what is unknown")
    return f"> {error.validator_value}", Text("数值超出范围", "the number is out of range")


_SAID = {
    "type": _said("数据类型不符", "the type does not fit", "{}"),
    "enum": _choice,
    "const": _choice,
    "format": _format,
    "minLength": _said("不能为空", "it must not be empty", "length >= {}"),
    "maxLength": _said("文字过长", "the text is too long", "length <= {}"),
    "minItems": _said("项目过少", "too few entries", ">= {} entries"),
    "maxItems": _said("项目过多", "too many entries", "<= {} entries"),
    "pattern": _said("年份超出范围", "the year is out of range", f"{FIRST_YEAR} to {LAST_YEAR}"),
    "minimum": _said("数值过小", "the number is too small", ">= {}"),
    "maximum": _said("数值过大", "the number is too large", "<= {}"),
    "exclusiveMinimum": _above,
    "exclusiveMaximum": _said("数值超出范围", "the number is out of range", "< {}"),
}
