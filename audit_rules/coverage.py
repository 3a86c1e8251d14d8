"""Which ingredients have facts of which kind. An ingredient without facts is an ingredient nobody screens."""

import csv
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from audit_rules.catalogue import Catalogue, sources
from audit_rules.knowledge.coverage_rows import EXPECTED, KINDS
from audit_rules.knowledge.tables import KNOWLEDGE
from audit_rules.lines import CLASS
from audit_rules.report import Text

# tables that say what words mean, not what is dangerous
DICTIONARIES = frozenset(
    """
    ingredients names compounds classes class_names patent_pieces most_prescribed usual_doses diagnosis_names
    name_habits duplicate_pairs spare_packs
    """.split()  # noqa: SIM905 - one readable line of words
)
CELLS = ("ingredient", "ingredients", "cell", "left", "right", "a", "b", "patent", "pieces", "class", "value")
CHILD, ADULT = ("child",), ("adult", "all", "any", "")
NO_LIMIT = "none"  # basis of a dose row that states why there is no limit


class Facts(NamedTuple):
    """Rows of one kind for one ingredient: opened while written, known from memory; or why there are none."""

    read: int
    recalled: int
    reason: Text | None = None

    @property
    def known(self) -> bool:
        """Whether there is a row."""
        return self.read + self.recalled > 0


NONE = Facts(0, 0)


def facts(catalogue: Catalogue) -> dict[str, dict[str, Facts]]:
    """By ingredient and kind of check (see KINDS). A fact on a class is a fact on its members."""
    counted: dict[str, Counter[tuple[str, bool]]] = {kind: Counter() for kind in KINDS}
    stated: dict[tuple[str, str], Text] = {}
    evidence = {key: entry.get("evidence") == "read" for key, entry in sources().items()}
    for kind, (_, tables) in KINDS.items():
        for row in (row for name in tables for row in _rows(name)):
            if "population" in row and not _of_population(kind, row):
                continue
            for key in _keys(row, catalogue):
                if row.get("basis") == NO_LIMIT:
                    stated[key, kind] = Text(row["note"], row["note"])
                else:
                    counted[kind][key, evidence.get(row["source"], False)] += 1
    return {
        key: {kind: _facts(catalogue, key, kind, counted[kind], stated) for kind in KINDS}
        for key in sorted(catalogue.ingredients)
    }


def _of_population(kind: str, row: dict[str, str]) -> bool:
    return row["population"] in (CHILD if kind == "child_dose" else ADULT) or kind not in (
        "child_dose",
        "adult_dose",
    )


def _facts(
    catalogue: Catalogue,
    key: str,
    kind: str,
    counted: Counter[tuple[str, bool]],
    stated: dict[tuple[str, str], Text],
) -> Facts:
    found = Facts(counted[key, True], counted[key, False], stated.get((key, kind)))
    if found.known or found.reason:
        return found
    if kind == "child_dose" and (key, "adult_dose") in stated:
        return NONE._replace(reason=stated[key, "adult_dose"])
    row = catalogue.ingredients[key]
    for why in catalogue.table("not_needed").get(kind, ()):
        if why.covers(row):
            return NONE._replace(reason=Text(why.zh, why.en))
    return NONE


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (KNOWLEDGE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _keys(row: dict[str, str], catalogue: Catalogue) -> frozenset[str]:
    found: set[str] = set()
    for column in CELLS:
        for word in (row.get(column) or "").split("|"):
            name = word.strip().removeprefix(CLASS)
            if word.startswith(CLASS) or column == "class":
                found |= catalogue.classes.get(name, frozenset())
            elif name in catalogue.ingredients:
                found.add(name)
    return frozenset(found)


def coverage(catalogue: Catalogue) -> dict[str, Any]:
    """Ingredients by table and by kind of check, those without any fact, and the rules of each category."""
    tables = {}
    for path in sorted(KNOWLEDGE.glob("*.csv")):
        if path.stem not in DICTIONARIES:
            named = frozenset().union(*(_keys(row, catalogue) for row in _rows(path.stem)))
            if named:
                tables[path.stem] = named
    covered = frozenset().union(*tables.values())
    categories: dict[str, list[str]] = {}
    for rule in catalogue.rules:
        if not rule.retired:
            categories.setdefault(rule.category, []).append(rule.id)
    found = facts(catalogue)
    return {
        "catalogue": catalogue.fingerprint,
        "rules": len(catalogue.rules),
        "ingredients": dict(Counter(row.kind for row in catalogue.ingredients.values())),
        "categories": dict(sorted(categories.items())),
        "tables": {name: len(named) for name, named in tables.items()},
        "rows": evidence_of_rows(),
        "kinds": {kind: summary(found, kind) for kind in KINDS},
        "without_facts": sorted(catalogue.ingredients.keys() - covered),
        "without_dose_or_reason": [
            key
            for key, kinds in found.items()
            if catalogue.ingredients[key].kind == "western"
            and not (kinds["adult_dose"].known or kinds["adult_dose"].reason)
        ],
        "by_ingredient": {
            key: [name for name, named in tables.items() if key in named]
            for key in sorted(catalogue.ingredients)
        },
        "missing": {
            key: gaps
            for key in catalogue.table("most_prescribed")
            if (gaps := [k for k in EXPECTED if not (found[key][k].known or found[key][k].reason)])
        },
    }


def evidence_of_rows() -> dict[str, dict[str, int]]:
    """Rows of each table whose source was open while they were written, and those written from memory."""
    evidence = {key: entry.get("evidence") == "read" for key, entry in sources().items()}
    found = {}
    for path in sorted(KNOWLEDGE.glob("*.csv")):
        marks = Counter(evidence[row["source"]] for row in _rows(path.stem) if "source" in row)
        if marks:
            found[path.stem] = {"read": marks[True], "recalled": marks[False]}
    return found


def summary(found: dict[str, dict[str, Facts]], kind: str) -> dict[str, int]:
    """How many ingredients have facts of a kind (some row read, all recalled), a reason, or nothing."""
    marks = Counter(mark(kinds[kind]) for kinds in found.values())
    return {name: marks[name] for name in ("read", "recalled", "reason", "missing")}


def mark(fact: Facts) -> str:
    """One word for a cell of the matrix."""
    if fact.known:
        return "read" if fact.read else "recalled"
    return "reason" if fact.reason else "missing"


def told(found: dict[str, Any]) -> str:
    """The coverage for people."""
    lines = [f"catalogue {found['catalogue']}: {found['rules']} rules"]
    lines += [f"  {kind}: {n} ingredients" for kind, n in sorted(found["ingredients"].items())]
    lines += ["ingredients with facts, by kind of check: read / recalled / not needed / none"]
    lines += [
        f"  {kind}: {n['read']} / {n['recalled']} / {n['reason']} / {n['missing']}"
        for kind, n in found["kinds"].items()
    ]
    lines += ["ingredients with facts, by table"]
    lines += [f"  {n:5} {name}" for name, n in sorted(found["tables"].items(), key=lambda t: (-t[1], t[0]))]
    lines += ["rows by table: read / recalled"]
    lines += [f"  {name}: {n['read']} / {n['recalled']}" for name, n in found["rows"].items()]
    lines += ["rules by category"]
    lines += [f"  {category}: {' '.join(ids)}" for category, ids in found["categories"].items()]
    lines += ["most prescribed, still without facts or reason"]
    lines += [f"  {key}: {', '.join(gaps)}" for key, gaps in found["missing"].items()] or ["  none"]
    without = found["without_facts"]
    lines += [f"without any fact: {len(without)}", f"  {', '.join(without)}" if without else "  none"]
    return "\n".join(lines)
