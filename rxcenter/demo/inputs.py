"""A file of documents instead of the generator: its institutions, its times moved to today, history and live apart."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from rxcenter.demo.generator.places import Place
from rxcenter.demo.generator.posts import Post
from rxcenter.prescriptions.history_files import documents

_TYPES = {"hospital": "hospital", "internet_hospital": "hospital", "primary_care": "community_centre"}


@dataclass(frozen=True, slots=True)
class Day:
    """What the demo works on: institutions, history to import, posts to send. `moved_days`: by how much times moved."""

    places: list[Place]
    history: list[bytes]
    posts: list[Post]
    moved_days: int
    newest: datetime


def read(path: Path, *, last: int | None, until: datetime | None) -> Day:
    """The file's documents, oldest first; the newest `last` (default: all) are posted, the rest is history.

    With `until`, all times (issued, observed, born) move by the same whole days, so that the newest is issued in
    the 24 hours before: the centre takes nothing that is issued in the future.
    Raises ValueError when the file holds no document with a readable time and institution.
    """
    found = []
    for raw in documents(path):
        document = msgspec.json.decode(raw)
        found.append((_issued(document), document))
    if not found:
        raise ValueError(f"{path} holds no documents")
    found.sort(key=lambda pair: pair[0])
    newest = found[-1][0]
    days = (until - newest).days if until else 0
    moved = [shift(document, days) for _, document in found]
    split = len(moved) - (len(moved) if last is None else min(last, len(moved)))
    return Day(
        places=institutions(document for _, document in found),
        history=[msgspec.json.encode(document) for document in moved[:split]],
        posts=[_post(document) for document in moved[split:]],
        moved_days=days,
        newest=newest + timedelta(days=days),
    )


def shift(document: dict[str, Any], days: int) -> dict[str, Any]:
    """The document with every time moved by whole days; what is no time stays as it is."""
    if not days:
        return document
    patient = document.get("patient") or {}
    observations = [{**o, "at": _moved(o.get("at"), days)} for o in patient.get("observations") or []]
    patient = {**patient, "birth_date": _moved(patient.get("birth_date"), days)}
    if observations:
        patient["observations"] = observations
    return {**document, "issued_at": _moved(document.get("issued_at"), days), "patient": patient}


def institutions(found: Iterable[dict[str, Any]]) -> list[Place]:
    """One place for each institution code, as the first document that names its kind describes it."""
    places: dict[str, Place] = {}
    for document in found:
        one = document.get("institution") or {}
        code, kind = str(one.get("code")), one.get("kind") or "hospital"
        if code not in places:
            type_ = one.get("type") or _TYPES.get(kind, "hospital")
            places[code] = Place(code, one.get("name") or code, kind, type_, one.get("level") or "", "示范区")
    return [places[code] for code in sorted(places)]


def _post(document: dict[str, Any]) -> Post:
    code = str((document.get("institution") or {}).get("code"))
    return Post(code, str(document.get("number")), msgspec.json.encode(document))


def _issued(document: Any) -> datetime:
    try:
        when = datetime.fromisoformat(document["issued_at"])
    except (KeyError, TypeError, ValueError):
        raise ValueError("a document of the file has no readable issued_at") from None
    return (
        when if when.tzinfo else when.astimezone()
    )  # without an offset the centre will refuse it; here it only sorts


def _moved(text: Any, days: int) -> Any:
    try:
        when = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return text
    moved = when + timedelta(days=days)
    return moved.date().isoformat() if len(text) == 10 else moved.isoformat()
