"""The second readings of `spots/rows/` beside the rows of the tables: which row a reading is about, what differs.

A reading names drugs and what the row hangs on, so a row may gain drugs or codes and stay read; where it no longer
stands at all, or says something else, the reading fails and has to be made again.
"""

import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from audit_rules.knowledge import tables

ROWS = Path(__file__).parent / "spots" / "rows"
KNOWLEDGE = Path(tables.__file__).parent
Row = dict[str, str]
ENOUGH = 0.5  # of the codes that were read still stand there
HELD = {"critical", "major"}  # a pharmacist decides either way; moderate and info are only shown


@cache
def table(name: str) -> list[Row]:
    """The rows of a table as text."""
    with (KNOWLEDGE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def readings(name: str) -> dict[str, Any]:
    """The settled readings of a table."""
    return dict(yaml.safe_load((ROWS / f"{name}.yaml").read_text(encoding="utf-8")))


def unlike(one: str, other: str) -> bool:
    """Whether two severities part where it matters: one holds the prescription, the other lets it pass."""
    return (one in HELD) is not (other in HELD)


def sign(when: str) -> str:
    """What a condition hangs on, without its bounds: `A04.7 & without:class:ppi`, `lab:lvef?`."""
    return " or ".join(
        " & ".join(re.sub(r"[<>=]+.*", "?", part.replace("icd:", "")) for part in way.split(" and "))
        for way in when.split(" or ")
    )


def about(row: Row) -> tuple[set[str], str]:
    """The drugs of a row and how they are given."""
    return set(row["cell"].split("|")), row["routes"]


def split(cell: str) -> tuple[set[str], str]:
    """The drugs and the routes of a reading's key; no route = systemic."""
    drugs, _, routes = cell.partition("@")
    return set(drugs.split("|")), routes or "systemic"


def _of(name: str, cell: str) -> Iterator[Row]:
    drugs, routes = split(cell)
    for row in table(name):
        here, given = about(row)
        if given == routes and drugs & here:
            yield row


def _near(read: str, row: str) -> tuple[float, float]:
    """How near a row is to what was read: how many of the first codes it still has; how alike it is as a whole."""
    first = _codes(read.split(" & ")[0])
    return len(first & _codes(row.split(" & ")[0])) / len(first), _share(read, row)


def _codes(text: str) -> set[str]:
    return set(re.split(r"[|& ]+", text))


def _share(left: str, right: str) -> float:
    one, other = _codes(left), _codes(right)
    return len(one & other) / len(one | other)


def disease_rows(cell: str, condition: str) -> list[Row]:
    """The rows that a reading of `diseases.csv` is about: those whose condition is most like its own."""
    found = [(_near(condition, sign(row["when"])), row) for row in _of("diseases", cell)]
    best = max((near for near, _ in found), default=(0.0, 0.0))
    return [row for near, row in found if near == best and near[0] >= ENOUGH]


def severities(told: str | list[str]) -> list[str]:
    """One severity or several (one cell may have several rows of one kind)."""
    return [told] if isinstance(told, str) else told


def wrong_diseases() -> Iterator[str]:
    """Readings of `diseases.csv` without a row that holds as much."""
    for condition, cells in readings("diseases").items():
        for cell, told in cells.items():
            rows = disease_rows(cell, condition)
            for severity in severities(told):
                if all(unlike(severity, row["severity"]) for row in rows):
                    yield f"diseases: {cell} in {condition}: {severity} was read"


def wrong_lactation() -> Iterator[str]:
    """Readings of `lactation.csv` without a row that holds as much."""
    for cell, told in readings("lactation").items():
        if all(unlike(told, row["severity"]) for row in _of("lactation", cell)):
            yield f"lactation: {cell}: {told} was read"


def wrong_bounds(name: str) -> Iterator[str]:
    """Readings of `ages.csv` and `labs.csv`: every bound stands there, and holds as much."""
    for key, bounds in readings(name).items():
        cell, lab = key.rsplit(" ", 1) if name == "labs" else (key, "")
        for told in bounds:
            bound, severity = told.rsplit(" ", 1)
            here = f"lab:{lab}{bound}" if lab else bound
            rows = [row for row in _of(name, cell) if here in re.split(r" and | or ", row["when"])]
            if all(unlike(severity, row["severity"]) for row in rows):
                yield f"{name}: {key}: {told} was read"


def wrong_hepatic() -> Iterator[str]:
    """Readings of `hepatic.csv`: the same verdict (forbidden, or less of it), and as severe."""
    found = {(row["ingredient"], f"{row['states']} {row['routes']}"): row for row in table("hepatic")}
    for drug, states in readings("hepatic").items():
        for state, told in states.items():
            verdict, severity = told.split()
            row = found.get((drug, state))
            if row is None or (verdict == "avoid") is not (row["verdict"] == "avoid"):
                yield f"hepatic: {drug} {state}: {told} was read"
            elif unlike(severity, row["severity"]):
                yield f"hepatic: {drug} {state}: {told} was read, {row['severity']} found"


def kidney(drug: str, route: str, icd: str) -> dict[str, float]:
    """Below which kidney function a drug is forbidden (`stop`) and below which it is less (`reduce`)."""
    found: dict[str, float] = {}
    for row in table("renal"):
        if (row["ingredient"], row["icd"]) == (drug, icd) and route in row["routes"].split("|") and row["to"]:
            kind = {"avoid": "stop", "ok": ""}.get(row["verdict"], "reduce")
            found[kind] = max(found.get(kind, 0), float(row["to"]))
    found.pop("", None)
    return found


def wrong_renal() -> Iterator[str]:
    """Readings of `renal.csv`: the same bounds."""
    for key, told in readings("renal").items():
        drug, route = key.rsplit(" ", 1)
        drug, _, icd = drug.partition(".")
        if (found := kidney(drug, route, icd)) != told:
            yield f"renal: {key}: {told} was read, {found} found"


def single(name: str) -> Iterator[str]:
    """Every single answer of a reading: one severity of one row (kidney: one drug)."""
    for key, told in readings(name).items():
        if name in ("diseases", "hepatic"):
            for cell, said in told.items():
                yield from (f"{key} {cell}" for _ in severities(said))
        else:
            yield key
