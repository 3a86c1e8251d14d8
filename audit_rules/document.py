"""The prescription document, format `rx/1`: parse it, refuse it with every reason, write it, fingerprint it.

    parse(raw) -> Prescription                  raises Refused with all problems
    parse_many(raw) -> [Prescription | Refused] one object or a list of them
    pieces(raw) -> [bytes]                      the same documents as they were posted, not yet parsed
    encode(doc), decode_stored(raw)             our own bytes, canonical
    fingerprint(doc), schema()

The types stand in `rx1.py`, what is hostile in `armour.py`, what each refusal says in `refusal.py`.
"""

import copy
import hashlib
from decimal import Decimal
from typing import Any

import msgspec

from audit_rules import armour, refusal
from audit_rules.problems import Problem, Refused
from audit_rules.report import Text
from audit_rules.rx1 import (
    Allergy,
    Coded,
    CurrentMedication,
    Identifier,
    Item,
    Observation,
    Patient,
    Prescription,
    Quantity,
)

_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(Prescription)
_pieces = msgspec.json.Decoder(list[msgspec.Raw])


def parse(raw: bytes) -> Prescription:
    """The document in these bytes. Raises `Refused` with all its problems, never anything else."""
    document = _decoded(raw)
    if document is None:
        raise _refused(raw, *armour.read(raw))
    identifiers = _identifiers(document)
    try:
        if armour.harmless(raw, identifiers) and refusal.consistent(document):
            return document
    except ValueError:  # not sure, or not UTF-8
        pass
    value, problems = armour.read(raw)
    if problems or armour.quoted_numbers(value) != identifiers or not refusal.consistent(document):
        raise _refused(raw, value, problems)
    return document


def parse_many(raw: bytes, limit: int = 100) -> list[Prescription | Refused]:
    """One document, or a list of at most `limit`; a refused one does not refuse the others.

    Raises `Refused` when the bytes as a whole are no JSON, too large, too deep or too many.
    """
    return [_try(piece) for piece in pieces(raw, limit)]


def pieces(raw: bytes, limit: int = 100) -> list[bytes]:
    """The bytes of each document as they stand in these; raises as `parse_many` does."""
    if not raw.lstrip(b" \t\r\n").startswith(b"["):
        return [raw]
    if len(raw) > armour.LARGEST:
        armour.read(raw)
    try:
        found = _pieces.decode(raw)
    except (ValueError, RecursionError):
        armour.read(raw)
        raise Refused([_not_json()]) from None
    if not 1 <= len(found) <= limit:
        given, allowed = f"list of {len(found)}", f"1 to {limit} documents"
        raise Refused(
            [Problem("$", given, allowed, Text("处方数量超出限制", "too few or too many documents"))]
        )
    return [bytes(piece) for piece in found]


def encode(document: Prescription) -> bytes:
    """The document as JSON, in one order of fields, without what is null or default."""
    return _encoder.encode(document)


def decode_stored(raw: bytes) -> Prescription:
    """Read back what `encode` wrote. For our own bytes only: nothing but types is checked."""
    return _decoder.decode(raw)


def fingerprint(document: Prescription) -> str:
    """SHA-256 (hex) of what the document says: order of fields, nulls and `1.0` or `1` make no difference."""
    return hashlib.sha256(_sorted.encode(_exact.decode(encode(document)))).hexdigest()


def schema() -> dict[str, Any]:
    """The published JSON Schema (draft 2020-12) of one document; the caller's own, to change as it likes."""
    return copy.deepcopy(refusal.schema())


def _number(text: str) -> Any:
    value = Decimal(text)
    return int(value) if value == value.to_integral_value() else value.normalize()


_exact = msgspec.json.Decoder(float_hook=_number)
_sorted = msgspec.json.Encoder(order="sorted", decimal_format="number")


def _try(raw: bytes) -> Prescription | Refused:
    try:
        return parse(raw)
    except Refused as refused:
        return refused


def _identifiers(document: Prescription) -> int:
    patient = document.patient
    guardian = patient.guardian is not None and patient.guardian.id is not None
    return 1 + len(patient.other_ids or ()) + guardian


def _decoded(raw: bytes) -> Prescription | None:
    try:
        return _decoder.decode(raw)
    except (ValueError, RecursionError):  # msgspec and Unicode errors are ValueErrors
        return None


def _refused(raw: bytes, value: Any, problems: list[Problem]) -> Refused:
    number = value.get("number") if isinstance(value, dict) else None
    problems = problems + refusal.problems(value)
    if not problems:  # the decoder is stricter than the schema can say
        problems = [refusal.from_decoder(raw)]
    return Refused(refusal.ordered(problems), number if isinstance(number, str) else None)


def _not_json() -> Problem:
    return Problem("$", "text", "JSON (RFC 8259)", Text("不是有效的JSON", "it is not valid JSON"))


__all__ = [
    "Allergy",
    "Coded",
    "CurrentMedication",
    "Identifier",
    "Item",
    "Observation",
    "Patient",
    "Prescription",
    "Problem",
    "Quantity",
    "Refused",
    "decode_stored",
    "encode",
    "fingerprint",
    "parse",
    "parse_many",
    "pieces",
    "schema",
]
