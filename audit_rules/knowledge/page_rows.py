"""The Chinese pages of the manual; the English ones are the docstrings of the rules."""

from dataclasses import dataclass

from audit_rules.knowledge.tables import BadTable, Tables, load, table


@dataclass(frozen=True, slots=True)
class RulePage:
    """One rule in Chinese: what it checks, why it matters, what to do."""

    rule: str
    what: str
    why: str
    do: str
    source: str


@table("rule_pages")
def rule_pages(tables: Tables) -> dict[str, RulePage]:
    """Pages by rule. Raises `BadTable` for a page with an empty part."""
    rows = load("rule_pages", RulePage)
    if empty := [row.rule for row in rows if not (row.what and row.why and row.do)]:
        raise BadTable(f"rule_pages.csv: incomplete pages {empty}")
    return {row.rule: row for row in rows}
