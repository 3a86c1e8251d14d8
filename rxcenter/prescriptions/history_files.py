"""Reads files of rx/1 documents and imports them as history, some hundred at a time."""

import gzip
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec

from audit_rules import document as rx
from rxcenter.accounts.keys import Client
from rxcenter.accounts.models import Institution
from rxcenter.errors import Forbidden, Refused
from rxcenter.prescriptions.importing import import_history
from rxcenter.prescriptions.receiving import Posted, check_issued, check_placer

BATCH = 500
KEY = "import"  # stands where the client's key stands for posted documents


class Imported(NamedTuple):
    """What became of a file: documents read, those that were new, and a sentence for each that was refused."""

    read: int
    new: int
    refused: list[str]


def documents(path: Path) -> Iterator[bytes]:
    """The documents of a `.json` (one or a list) or `.jsonl` file, either gzipped, as they stand there."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rb") as file:
        if path.name.removesuffix(".gz").endswith(".jsonl"):
            yield from (line for line in file if line.strip())
            return
        text = file.read()
    if text.lstrip().startswith(b"["):
        yield from (bytes(raw) for raw in msgspec.json.decode(text, type=list[msgspec.Raw]))
    else:
        yield text


def import_documents(
    raws: Iterable[bytes], *, at: datetime, done: Callable[[int], object] = lambda count: None
) -> Imported:
    """Import documents of institutions in the register. `done` is called with the size of each batch.

    A document that does not parse or names an unknown institution is refused and does not stop the others.
    Importing a file twice imports it once.
    """
    clients = {place.code: _client(place) for place in Institution.objects.all()}
    read, new, refused = 0, 0, []
    stream = iter(raws)
    while batch := list(islice(stream, BATCH)):
        posted = []
        for raw in batch:
            read += 1
            fit = _posted(raw, clients, at)
            refused.append(f"document {read}: {fit}") if isinstance(fit, str) else posted.append(fit)
        new += _store(posted, at)
        done(len(batch))
    return Imported(read, new, refused)


def _posted(raw: bytes, clients: dict[str, Client], at: datetime) -> Posted | str:
    try:
        document = rx.parse(raw)
    except rx.Refused as refusal:
        return "; ".join(f"{p.path}: {p.message.en} (found {p.found})" for p in refusal.problems)
    client = clients.get(document.institution.code)
    if client is None:
        return f"$.institution.code: {document.institution.code!r} is not in the register"
    try:
        check_placer(document, client)
        check_issued(document, at=at)
    except Refused as refusal:
        path = "$.institution.code" if isinstance(refusal, Forbidden) else "$.issued_at"
        return f"{path}: {refusal.words.en}"
    return Posted(document, raw, client)


def _store(posted: Sequence[Posted], at: datetime) -> int:
    try:
        return import_history(posted, at=at) if posted else 0
    except Refused as refusal:  # never for what _posted let through; a batch is not half imported
        raise RuntimeError(f"a batch was refused: {refusal}") from refusal


def _client(place: Institution) -> Client:
    return Client(KEY, place.code, place.kind, place.type, place.level, frozenset())
