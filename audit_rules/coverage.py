"""Which ingredients have facts of which kind. An ingredient without facts is an ingredient nobody screens."""

import csv
from typing import Any

from audit_rules.case import CLASS
from audit_rules.catalogue import Catalogue
from audit_rules.knowledge.tables import KNOWLEDGE

# tables that say what words mean, not what is dangerous
DICTIONARIES = frozenset({"ingredients", "names", "compounds", "classes", "class_names", "patent_pieces"})
CELLS = ("ingredient", "ingredients", "cell", "left", "right", "a", "b", "patent", "pieces")


def coverage(catalogue: Catalogue) -> dict[str, Any]:
    """Ingredients by table, those without any fact, and the rules of each category."""
    tables = {}
    for path in sorted(KNOWLEDGE.glob("*.csv")):
        if path.stem not in DICTIONARIES and (named := _named(path.stem, catalogue)):
            tables[path.stem] = named
    covered = frozenset().union(*tables.values())
    categories: dict[str, list[str]] = {}
    for rule in catalogue.rules:
        if not rule.retired:
            categories.setdefault(rule.category, []).append(rule.id)
    kinds: dict[str, int] = {}
    for row in catalogue.ingredients.values():
        kinds[row.kind] = kinds.get(row.kind, 0) + 1
    return {
        "catalogue": catalogue.fingerprint,
        "rules": len(catalogue.rules),
        "ingredients": kinds,
        "categories": dict(sorted(categories.items())),
        "tables": {name: len(named) for name, named in tables.items()},
        "without_facts": sorted(catalogue.ingredients.keys() - covered),
        "by_ingredient": {
            key: [name for name, named in tables.items() if key in named]
            for key in sorted(catalogue.ingredients)
        },
    }


def _named(table: str, catalogue: Catalogue) -> frozenset[str]:
    with (KNOWLEDGE / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    words = {word.strip() for row in rows for column in CELLS for word in (row.get(column) or "").split("|")}
    found = words & catalogue.ingredients.keys()
    for word in words:
        if word.startswith(CLASS):
            found |= catalogue.classes.get(word[len(CLASS) :], frozenset())
    return frozenset(found)


def told(found: dict[str, Any]) -> str:
    """The coverage for people."""
    lines = [f"catalogue {found['catalogue']}: {found['rules']} rules"]
    lines += [f"  {kind}: {n} ingredients" for kind, n in sorted(found["ingredients"].items())]
    lines += ["ingredients with facts, by table"]
    lines += [f"  {n:5} {name}" for name, n in sorted(found["tables"].items(), key=lambda t: (-t[1], t[0]))]
    lines += ["rules by category"]
    lines += [f"  {category}: {' '.join(ids)}" for category, ids in found["categories"].items()]
    without = found["without_facts"]
    lines += [f"without any fact: {len(without)}", f"  {', '.join(without)}" if without else "  none"]
    return "\n".join(lines)
