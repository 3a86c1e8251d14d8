"""A new drug from one small file: its rows are put in their places, all together or none: `add-drug FILE`."""

import csv
import io
import re
import shutil
import tempfile
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from audit_rules.knowledge.tables import KNOWLEDGE, BadTable, Tables, reading_from
from audit_rules.names import plain

KINDS = ("western", "patent", "piece")
CONTROLS = ("", "narcotic", "psychotropic_1", "psychotropic_2", "toxic", "precursor")
GRADES = ("", "unrestricted", "restricted", "special")
POPULATIONS, BASES = ("adult", "child", "geriatric"), ("total", "kg", "m2", "none")
OWN = ("zh", "atc", "kind", "control", "antimicrobial", "flags", "source")  # keys of the drug itself
BOTH = ("ingredient", *OWN, "names", "classes", "sources")
KEY = re.compile(r"[a-z0-9][a-z0-9 ,'()/+-]*")
ATC = re.compile(r"[A-Z][0-9]{2}([A-Z]([A-Z]([0-9]{2})?)?)?")
SOURCE_NEEDS = ("title", "kind", "evidence")
NO = {
    "doses": {"wide": "no", "serious": "no"},
    "renal": {"serious": "no"},
}  # what a row says when it says nothing

Rows = dict[str, list[dict[str, str]]]  # new rows by table


class NotAdded(ValueError):
    """The drug was not added, nothing was written; the message says where and why."""


def add(text: str, knowledge: Path = KNOWLEDGE) -> list[Path]:
    """Add the drug that `text` (YAML or JSON) describes; returns the files that changed. Raises `NotAdded`."""
    said = _said(text)
    sources = _sources(said, knowledge)
    rows = _rows(said, knowledge)
    _sound(said["ingredient"], rows, knowledge, sources)
    changed = {f"{name}.csv": _with(knowledge / f"{name}.csv", new) for name, new in rows.items()}
    if said.get("sources"):
        before = (knowledge / "sources.yaml").read_text(encoding="utf-8")
        changed["sources.yaml"] = before.rstrip("\n") + "\n" + _dumped(said["sources"])
    _try(changed, knowledge)
    for name, content in changed.items():
        (knowledge / name).write_text(content, encoding="utf-8", newline="")
    return [knowledge / name for name in changed]


def _said(text: str) -> dict[str, Any]:
    try:
        found = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - the base loader makes text, lists and dictionaries only
    except yaml.YAMLError as error:
        raise NotAdded(f"not YAML or JSON: {error}") from error
    if not isinstance(found, dict) or not found.get("ingredient"):
        raise NotAdded("`ingredient` is missing: the INN in lower-case English, or hyphenated pinyin")
    return found


def _sources(said: Mapping[str, Any], knowledge: Path) -> set[str]:
    """Keys of all sources, the new ones included."""
    known = set(yaml.safe_load((knowledge / "sources.yaml").read_text(encoding="utf-8")))
    for key, entry in (said.get("sources") or {}).items():
        if key in known:
            raise NotAdded(f"sources: {key} stands in sources.yaml already")
        if lacking := [name for name in SOURCE_NEEDS if not entry.get(name)]:
            raise NotAdded(f"sources: {key} lacks {', '.join(lacking)}")
        if entry["evidence"] not in ("read", "recalled"):
            raise NotAdded(f"sources: {key}: evidence is read (you opened it) or recalled")
        known.add(key)
    return known


def _rows(said: Mapping[str, Any], knowledge: Path) -> Rows:
    key, source = said["ingredient"], said.get("source", "")
    found: Rows = {"ingredients": [{"ingredient": key, **{name: _cell(said.get(name, "")) for name in OWN}}]}
    names = [{"name": n} if isinstance(n, str) else n for n in said.get("names") or ()]
    found["names"] = [{"ingredients": key, "source": source, **_cells(row)} for row in names]
    found["classes"] = [
        {"class": name, "ingredient": key, "source": source} for name in said.get("classes") or ()
    ]
    for name in said.keys() - set(BOTH):
        if not (knowledge / f"{name}.csv").exists():
            raise NotAdded(f"{name}: neither a field of a drug nor a table")
        header = _header(knowledge / f"{name}.csv")
        own = next((column for column in ("ingredient", "cell") if column in header), None)
        if own is None:
            raise NotAdded(f"{name}: its rows are not about one drug; add them to the table by hand")
        found[name] = [{own: key, **NO.get(name, {}), **_cells(row)} for row in said[name]]
    return {name: new for name, new in found.items() if new}


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    return {column: _cell(value) for column, value in row.items()}


def _cell(value: Any) -> str:
    return "|".join(value) if isinstance(value, list) else str(value)


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def _sound(key: str, rows: Rows, knowledge: Path, sources: set[str]) -> None:
    """What the loader does not look at. Raises `NotAdded` with all of it."""
    wrong = [*_of_drug(rows["ingredients"][0]), *_of_doses(rows)]
    classes = {row["class"] for row in csv.DictReader(_open(knowledge / "class_names.csv"))}
    wrong += [
        f"classes: {row['class']} is not in class_names.csv"
        for row in rows.get("classes", ())
        if row["class"] not in classes
    ]
    for name, new in rows.items():
        header = _header(knowledge / f"{name}.csv")
        for number, row in enumerate(new, start=1):
            wrong += [f"{name}: row {number}: no column {c}" for c in row if c not in header]
            if "source" in header and row.get("source") not in sources:
                wrong.append(f"{name}: row {number}: source {row.get('source', '')!r} is not in sources.yaml")
    known = {row["ingredient"] for row in csv.DictReader(_open(knowledge / "ingredients.csv"))}
    written = {plain(row["name"]) for row in csv.DictReader(_open(knowledge / "names.csv"))}
    wrong += [f"ingredient: {key} stands in ingredients.csv already"] if key in known else []
    wrong += [
        f"names: {row['name']} stands in names.csv already"
        for row in rows.get("names", ())
        if plain(row.get("name", "")) in written
    ]
    if wrong:
        raise NotAdded("; ".join(wrong))


def _of_drug(row: Mapping[str, str]) -> Iterator[str]:
    if not KEY.fullmatch(row["ingredient"]):
        yield f"ingredient: {row['ingredient']!r} is no lower-case INN or pinyin"
    if not row["zh"]:
        yield "zh: the Chinese name is missing"
    if row["kind"] not in KINDS:
        yield f"kind: one of {', '.join(KINDS)}"
    if row["kind"] == "western" and not ATC.fullmatch(row["atc"]):
        yield f"atc: {row['atc']!r} is no ATC code"
    if row["control"] not in CONTROLS or row["antimicrobial"] not in GRADES:
        yield f"control is one of {CONTROLS}, antimicrobial one of {GRADES}"


def _of_doses(rows: Rows) -> Iterator[str]:
    doses = rows.get("doses", [])
    if rows["ingredients"][0]["kind"] == "western" and not doses:
        yield "doses: a western drug needs a limit, or a row with basis none and a note that says why"
    for number, row in enumerate(doses, start=1):
        if row.get("population") not in POPULATIONS or row.get("basis") not in BASES:
            yield f"doses: row {number}: population is one of {POPULATIONS}, basis one of {BASES}"
        stated = row.get("single_max") or row.get("daily_max")
        if bool(stated) == (row.get("basis") == "none"):
            yield f"doses: row {number}: a maximum, or basis none with the reason as note"
        if row.get("basis") == "none" and not row.get("note"):
            yield f"doses: row {number}: basis none needs a note that says why"


def _open(path: Path) -> io.StringIO:
    return io.StringIO(path.read_text(encoding="utf-8"), newline="")


def _with(path: Path, new: Sequence[Mapping[str, str]]) -> str:
    """The table with the new rows, each in its place; the other rows stay where they are."""
    header, *rows = csv.reader(_open(path))
    for row in new:
        cells = [row.get(column, "") for column in header]
        rows.insert(bisect(rows, cells), cells)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def _dumped(sources: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(sources), allow_unicode=True, sort_keys=False, width=1000)


def _try(changed: Mapping[str, str], knowledge: Path) -> None:
    """Load all tables as they would be; nothing is written unless that works."""
    with tempfile.TemporaryDirectory() as place:
        trial = Path(place)
        for path in knowledge.glob("*.csv"):
            shutil.copy(path, trial)
        for name, content in changed.items():
            (trial / name).write_text(content, encoding="utf-8", newline="")
        try:
            with reading_from(trial):
                Tables().build_all()
        except BadTable as error:
            raise NotAdded(str(error)) from error
