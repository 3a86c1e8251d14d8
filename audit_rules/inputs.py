"""Files of prescriptions for the command line: one document, a list, or one a line; gzipped or not; `-` = stdin."""

import gzip
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from audit_rules.document import Prescription, Refused, parse

_pieces = msgspec.json.Decoder(list[msgspec.Raw])


class Read(NamedTuple):
    """One document of a file, at its place; refused ones with their problems."""

    file: str
    place: int
    document: Prescription | Refused


def read(file: str) -> Iterator[Read]:
    """Every document of a file. `OSError` where it cannot be read."""
    raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    if raw.startswith(b"\x1f\x8b"):
        raw = gzip.decompress(raw)
    for index, piece in enumerate(_documents(raw, file)):
        yield Read(file, index, _parsed(piece))


def _documents(raw: bytes, file: str) -> list[bytes]:
    name = file.removesuffix(".gz")
    if name.endswith(".jsonl"):
        return [line for line in raw.splitlines() if line.strip()]
    if raw.lstrip().startswith(b"["):
        try:
            return [bytes(piece) for piece in _pieces.decode(raw)]
        except (ValueError, RecursionError):
            return [raw]
    lines = [line for line in raw.splitlines() if line.strip()]
    one_a_line = len(lines) > 1 and all(line.strip()[:1] + line.strip()[-1:] == b"{}" for line in lines)
    return lines if one_a_line and not name.endswith(".json") else [raw]


def _parsed(raw: bytes) -> Prescription | Refused:
    try:
        return parse(raw)
    except Refused as refused:
        return refused


def refusal(read: Read) -> dict[str, object]:
    """The line that tells what is wrong with a document."""
    assert isinstance(read.document, Refused)
    problems = [problem.to_dict() for problem in read.document.problems]
    return {"file": read.file, "index": read.place, "number": read.document.number, "problems": problems}


class People:
    """Documents by patient: two belong together where any of their identifiers is the same."""

    def __init__(self, documents: Iterable[Prescription]) -> None:
        self._by_identifier: dict[tuple[str, str], list[Prescription]] = defaultdict(list)
        for document in documents:
            for identifier in identifiers(document):
                self._by_identifier[identifier].append(document)

    def of(self, document: Prescription) -> list[Prescription]:
        """All documents of the patient, each once, in the order they came."""
        found: dict[int, Prescription] = {}
        for identifier in identifiers(document):
            found.update((id(other), other) for other in self._by_identifier.get(identifier, ()))
        return list(found.values())


def identifiers(document: Prescription) -> set[tuple[str, str]]:
    """Every identifier of the patient."""
    patient = document.patient
    return {(each.system, each.value) for each in (patient.id, *(patient.other_ids or ()))}
