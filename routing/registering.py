"""Takes the region's register out of a table: institutions, and what those that dispense may fill."""

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction

from routing.eligible import LICENSED, LICENSED_OUTSIDE
from routing.models import Dispenser
from rxcenter.accounts.models import Institution

NEEDED = ("code", "name", "kind", "type")
PLACE = (*NEEDED, "level", "district")
DISPENSING = ("dispenses", "in_pool", "delivers", "delivery_regions", "licences", "phone", "address")
LICENCES = LICENSED | LICENSED_OUTSIDE
_YES, _NO = ("yes", "true", "1", "是"), ("no", "false", "0", "否", "")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")  # it names event streams and stands in addresses


class NotRegistered(Exception):
    """The table has faults and nothing of it was taken; `faults` are sentences with line and column."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


class Entry(NamedTuple):
    """One line of the table: the institution and, where it dispenses, its dispensing side."""

    place: Institution
    dispenser: Dispenser | None


def register(lines: Iterable[str]) -> tuple[int, int]:
    """Put the institutions of a CSV table into the register, or bring them up to date; all lines or none.

    Columns by name: `code,name,kind,type`, and if wanted `level,district` and those of DISPENSING; `licences` and
    `delivery_regions` are lists with `;` between. A column that is absent leaves what is stored as it is; a line that
    does not dispense leaves a stored dispenser alone (take it out of service on its page).
    Returns (institutions, dispensers) written. Raises NotRegistered.
    """
    reader = csv.reader((line.replace("\x00", "\ufffd") for line in lines), strict=True)
    faults: list[str] = []
    rows = _rows(reader, faults)
    columns = [name.strip() for name in next(rows, [])]
    if fault := _heading(columns):
        raise NotRegistered([fault])
    entries: list[Entry] = []
    seen: dict[str, int] = {}
    for cells in rows:
        line = reader.line_num
        if len(cells) != len(columns):
            faults.append(f"line {line}: {len(cells)} fields, the heading has {len(columns)}")
            continue
        entry, wrong = _entry(dict(zip(columns, (cell.strip() for cell in cells), strict=True)))
        first = seen.setdefault(entry.place.code, line)
        if first != line:
            wrong.append(f"code: {entry.place.code!r} stands in line {first} too")
        faults += [f"line {line}: {sentence}" for sentence in wrong]
        entries.append(entry)
    if not entries and not faults:
        faults.append("the table holds no institutions")
    if faults:
        raise NotRegistered(faults)
    return _write(entries, columns)


def _heading(columns: list[str]) -> str | None:
    missing = [name for name in NEEDED if name not in columns]
    unknown = [name for name in columns if name not in (*PLACE, *DISPENSING)]
    if missing:
        return f"line 1: missing columns: {', '.join(missing)}"
    if unknown:
        return f"line 1: unknown columns: {', '.join(unknown)}; known are {', '.join((*PLACE, *DISPENSING))}"
    return "line 1: a column stands twice" if len(set(columns)) < len(columns) else None


def _rows(reader: Any, faults: list[str]) -> Iterator[list[str]]:
    try:
        yield from (cells for cells in reader if any(cell.strip() for cell in cells))
    except csv.Error as error:
        faults.append(f"line {reader.line_num}: {error}")


def _entry(row: dict[str, str]) -> tuple[Entry, list[str]]:
    place = Institution(**{name: row[name] for name in PLACE if name in row})
    faults = _faults(place, row)
    if place.code and not _CODE.fullmatch(place.code):
        faults.append(f"code: {place.code!r}: letters, digits, full stop, hyphen and underscore, 32 at most")
    if (place.kind == "pharmacy") != (place.type == "pharmacy") and not faults:
        faults.append(f"type: {place.type!r} does not go with kind {place.kind!r}")
    flags = {name: _flag(row, name, faults) for name in ("dispenses", "in_pool", "delivers")}
    if not flags.pop("dispenses"):
        return Entry(place, None), faults
    dispenser = Dispenser(
        institution_id=place.code,
        **flags,
        delivery_regions=_listed(row, "delivery_regions"),
        licences=sorted(_listed(row, "licences")),
        phone=row.get("phone", ""),
        address=row.get("address", ""),
    )
    faults += [f"licences: {word!r} is none of {', '.join(sorted(LICENCES))}"
               for word in dispenser.licences if word not in LICENCES]  # fmt: skip
    return Entry(place, dispenser), faults + _faults(dispenser, row)


def _faults(made: Institution | Dispenser, row: dict[str, str]) -> list[str]:
    try:
        made.clean_fields(exclude={"institution"})
    except ValidationError as error:
        return [
            f"{name}: {row.get(name, '')!r}: {' '.join(words)}" for name, words in error.message_dict.items()
        ]
    return []


def _flag(row: dict[str, str], name: str, faults: list[str]) -> bool:
    word = row.get(name, "").lower()
    if word not in _YES + _NO:
        faults.append(f"{name}: {row[name]!r}: yes or no")
    return word in _YES


def _listed(row: dict[str, str], name: str) -> list[str]:
    words = re.split("[;;]", row.get(name, ""))
    return list(dict.fromkeys(word.strip() for word in words if word.strip()))


def _write(entries: list[Entry], columns: list[str]) -> tuple[int, int]:
    dispensers = [entry.dispenser for entry in entries if entry.dispenser]
    known = [name for name in columns if name in PLACE and name != "code"]
    filled = [name for name in columns if name in DISPENSING and name != "dispenses"]
    with transaction.atomic():
        Institution.objects.bulk_create(
            [entry.place for entry in entries],
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=known,
        )
        kept: dict[str, Any] = {"ignore_conflicts": True}
        if filled:
            kept = {"update_conflicts": True, "unique_fields": ["institution"], "update_fields": filled}
        Dispenser.objects.bulk_create(dispensers, **kept)
    return len(entries), len(dispensers)
