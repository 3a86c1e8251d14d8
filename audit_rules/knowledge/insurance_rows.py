"""What the basic medical insurance fund pays for: limits of its drug list, and words that say who pays."""

from collections import defaultdict
from dataclasses import dataclass

from audit_rules.knowledge.tables import BadTable, Tables, load, table
from audit_rules.names import plain

KINDS = frozenset({"age", "sex", "level", "setting", "days", "scheme", "diagnosis", "second_line"})
SCHEMES = frozenset({"basic", "injury", "maternity"})


@dataclass(frozen=True, slots=True)
class InsuranceLimit:
    """One limit of payment. `value` by kind: age <18 or >=18; sex; least level of hospital; settings; most days in a
    course; the only scheme; ICD-10 prefixes of which one is needed; cells of which one came first. `forms` = only these.
    """

    id: str
    ingredient: str
    forms: tuple[str, ...]
    kind: str
    value: tuple[str, ...]
    zh: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class Payer:
    """A word for who pays (`fee_type`): `scheme` basic | injury | maternity. Any other word is not the fund."""

    text: str
    scheme: str
    source: str


@table("insurance_limits")
def insurance_limits(tables: Tables) -> dict[str, tuple[InsuranceLimit, ...]]:
    """Limits by ingredient. Raises `BadTable` for an unknown kind, ingredient or empty value."""
    found: dict[str, tuple[InsuranceLimit, ...]] = defaultdict(tuple)
    known = tables.table("ingredients").keys()
    for row in load("insurance_limits", InsuranceLimit):
        if row.kind not in KINDS or not row.value or row.ingredient not in known:
            raise BadTable(f"insurance_limits.csv: {row.id}: unknown kind, ingredient or no value")
        found[row.ingredient] += (row,)
    return dict(found)


@table("insurance_payers")
def insurance_payers(tables: Tables) -> dict[str, str]:
    """Schemes by the plain form of the word. Raises `BadTable` for an unknown scheme."""
    rows = load("insurance_payers", Payer)
    if unknown := {row.scheme for row in rows} - SCHEMES:
        raise BadTable(f"insurance_payers.csv: unknown schemes {sorted(unknown)}")
    return {plain(row.text): row.scheme for row in rows}
