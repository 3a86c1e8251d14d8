"""In which unit each laboratory value is compared, and how other written units convert."""

from dataclasses import dataclass
from decimal import Decimal

from audit_rules.knowledge.tables import BadTable, Tables, load, table
from audit_rules.names import plain


@dataclass(frozen=True, slots=True)
class LabUnit:
    """`factor` x a value in the `written` unit = the value in `unit`, the one unit of this code."""

    code: str
    written: str
    unit: str
    factor: Decimal
    source: str


@table("lab_units")
def lab_units(tables: Tables) -> dict[tuple[str, str], LabUnit]:
    """By code and written unit, both in plain form. An empty written unit is accepted only where a row says
    so.
    """
    rows = load("lab_units", LabUnit)
    units: dict[str, set[str]] = {}
    for row in rows:
        units.setdefault(row.code, set()).add(row.unit)
    if several := sorted(code for code, names in units.items() if len(names) > 1):
        raise BadTable(f"lab_units.csv: {several} compare in more than one unit")
    return {(plain(row.code), plain(row.written)): row for row in rows}
