"""Written names that the law does not want: abbreviations, codes, brand names."""

from dataclasses import dataclass

from audit_rules.knowledge.tables import BadTable, Tables, load, table
from audit_rules.names import plain
from audit_rules.report import Severity

KINDS = frozenset({"abbreviation", "code", "brand", "former"})


@dataclass(frozen=True, slots=True)
class NameHabit:
    """One written name, with the generic name it stands for in both languages; `kind` abbreviation | code | brand |
    former (a name that was official once)."""

    name: str
    kind: str
    severity: Severity
    zh: str
    en: str
    source: str


@table("name_habits")
def name_habits(tables: Tables) -> dict[str, NameHabit]:
    """Rows by the plain form of their name. Raises `BadTable` for an unknown kind."""
    rows = load("name_habits", NameHabit)
    if unknown := {row.kind for row in rows} - KINDS:
        raise BadTable(f"name_habits.csv: unknown kinds {sorted(unknown)}")
    return {plain(row.name): row for row in rows}
