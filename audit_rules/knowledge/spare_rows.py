"""Drugs kept for attacks: a second pack is a spare and does not double the dose."""

from dataclasses import dataclass

from audit_rules.knowledge.tables import BadTable, Tables, load, table


@dataclass(frozen=True, slots=True)
class SparePack:
    """One drug and the routes by which it is kept for attacks."""

    ingredient: str
    routes: tuple[str, ...]
    zh: str
    en: str
    source: str


@table("spare_packs")
def spare_packs(tables: Tables) -> dict[str, frozenset[str]]:
    """Routes by ingredient. Raises `BadTable` for an unknown ingredient."""
    rows = load("spare_packs", SparePack)
    if unknown := {row.ingredient for row in rows} - tables.table("ingredients").keys():
        raise BadTable(f"spare_packs.csv: unknown ingredients {sorted(unknown)}")
    return {row.ingredient: frozenset(row.routes) for row in rows}
