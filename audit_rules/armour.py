"""Hostile JSON: size, encoding, depth, duplicate keys, control characters, numbers. Before any type is looked
at.

`harmless` is the quick answer for what well-behaved systems send; where it is not sure, `read` looks at
everything and names every problem.
"""

import json
import re
import unicodedata
from decimal import Decimal
from typing import Any

import msgspec

from audit_rules.problems import MOST_PROBLEMS, Problem, Refused, join, shown
from audit_rules.report import Text

LARGEST = 1_000_000  # bytes
DEEPEST = 32
MOST_DECIMALS = 6  # 0.00146 mg an hour is a real strength
BOUND = Decimal(10) ** 9

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_NUMBERS = frozenset({"value", "weight_kg", "height_cm", "days", "doses", "per_day"})
_QUOTED_NUMBER = re.compile(rb'"(?:%s)"\s*:\s*"' % b"|".join(sorted(key.encode() for key in _NUMBERS)))
# Every digit becomes 0 and everything that may stand before a number becomes a colon.
_SHAPE = bytes.maketrans(b"123456789,[- \t\r\n", b"0" * 9 + b":" * 7)
_LONG_NUMBER = b":" + b"0" * 10


def _calm(text: str) -> float:
    whole, _, decimals = text.partition(".")
    if len(whole) > 10 or len(decimals) > MOST_DECIMALS or not decimals.isdigit():
        raise ValueError("a number to look at closely")
    return 0.0


_loose = msgspec.json.Decoder(float_hook=_calm)
_encode = msgspec.json.Encoder().encode


def harmless(raw: bytes, identifiers: int) -> bool:
    """Whether these bytes, already decoded as a document, hide nothing. False (or an error) means: look
    closely.

    `identifiers` is how many quoted `value`s the decoded document has: only identifiers may quote theirs.
    Without a backslash every quote delimits a text, so a key given twice shows in the number of quotes that
    survive a round trip.
    """
    if len(raw) > LARGEST or b"\\" in raw or _LONG_NUMBER in raw.translate(_SHAPE):
        return False
    if len(_QUOTED_NUMBER.findall(raw)) != identifiers or not raw.decode().isprintable():
        return False
    return raw.count(b'"') == _encode(_loose.decode(raw)).count(b'"')


def quoted_numbers(value: Any) -> int:
    """How many texts stand where numbers belong, identifiers included; of a value that `read` gave."""
    if isinstance(value, dict):
        return sum((key in _NUMBERS and isinstance(v, str)) + quoted_numbers(v) for key, v in value.items())
    return sum(map(quoted_numbers, value)) if isinstance(value, list) else 0


class _Object(dict[str, Any]):
    """A JSON object that remembers which keys it was given twice."""

    twice: tuple[str, ...] = ()


class _NotANumber(str):
    """NaN, Infinity: what JSON does not have."""


def read(raw: bytes) -> tuple[Any, list[Problem]]:
    """The value with numbers as Decimal, and everything hostile in it. Raises `Refused` where it is no JSON."""
    text = _text(raw)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=Decimal,
            parse_int=_integer,
            parse_constant=_NotANumber,
        )
    except (ValueError, RecursionError) as error:
        at = (
            f"line {error.lineno}, column {error.colno}"
            if isinstance(error, json.JSONDecodeError)
            else "text"
        )
        raise _refused(at, "JSON (RFC 8259)", "不是有效的JSON", "it is not valid JSON") from error
    problems: list[Problem] = []
    _walk(value, "$", problems)
    return value, problems


def _text(raw: bytes) -> str:
    """The bytes as text, when they are neither too large nor too deep to be looked at."""
    if len(raw) > LARGEST:
        raise _refused(f"{len(raw)} bytes", f"<= {LARGEST} bytes", "文件过大", "the document is too large")
    try:
        text = raw.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise _refused(
            f"byte {error.start}", "UTF-8", "不是有效的UTF-8编码", "it is not valid UTF-8"
        ) from error
    if (deepest := _depth(raw)) > DEEPEST:
        raise _refused(f"depth {deepest}", f"depth <= {DEEPEST}", "嵌套过深", "it is nested too deeply")
    return text


def _refused(found: str, allowed: str, zh: str, en: str) -> Refused:
    return Refused([_problem("$", found, allowed, zh, en)])


def _problem(path: str, found: str, allowed: str, zh: str, en: str) -> Problem:
    return Problem(path, found, allowed, Text(zh, en))


def _depth(raw: bytes) -> int:
    depth = deepest = 0
    for token in _TOKEN.finditer(raw):
        first = raw[token.start()]
        if first in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif first in b"]}":
            depth -= 1
    return deepest


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= 18 else Decimal(text)


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        found.twice = tuple(sorted({key for key in keys if keys.count(key) > 1})[:10])
    return found


def _walk(value: Any, path: str, problems: list[Problem]) -> None:
    if len(problems) >= MOST_PROBLEMS:
        return
    if isinstance(value, _Object):
        for key in value.twice:
            problems.append(
                _problem(join(path, key), shown(key), "once", "字段重复出现", "the field is given twice")
            )
        for key, inner in value.items():
            _characters(key, join(path, key), problems)
            _walk(inner, join(path, key), problems)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _walk(inner, join(path, index), problems)
    elif isinstance(value, _NotANumber):
        problems.append(_problem(path, shown(value), "a number", "不是数字", "it is not a number"))
    elif isinstance(value, str):
        _characters(value, path, problems)
    elif isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        _bounded(value, path, problems)


def _characters(text: str, path: str, problems: list[Problem]) -> None:
    if text.isprintable():
        return
    bad = sorted({f"U+{ord(c):04X}" for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs")})
    if bad:
        found = " ".join(bad[:5])
        problems.append(
            _problem(
                path,
                found,
                "printable text",
                "含有控制字符或不可见字符",
                "it holds control or invisible characters",
            )
        )


def _bounded(value: int | Decimal, path: str, problems: list[Problem]) -> None:
    number = Decimal(value)
    exponent = number.as_tuple().exponent
    if not -BOUND < number < BOUND:
        problems.append(
            _problem(path, shown(value), "|number| < 1e9", "数值超出范围", "the number is out of range")
        )
    elif not isinstance(exponent, int) or exponent < -MOST_DECIMALS:
        allowed = f"<= {MOST_DECIMALS} decimals"
        problems.append(
            _problem(path, shown(value), allowed, "小数位数过多", "the number has too many decimals")
        )
