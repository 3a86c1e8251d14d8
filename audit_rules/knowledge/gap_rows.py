"""Where a gap matters: ingredients whose dose can do serious harm, and the bounds of plausible bodies."""

import csv
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal

from audit_rules.knowledge.drug_rows import Ingredient
from audit_rules.knowledge.tables import KNOWLEDGE, Tables, load, table


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """Between `from_days` (inside) and `to_days` of age, a `measure` outside least..most is a slip."""

    measure: str  # weight_kg | height_cm
    from_days: int
    to_days: int
    least: Decimal
    most: Decimal
    source: str


class BodyLimits:
    """All bounds."""

    def __init__(self, rows: tuple[BodyLimit, ...]) -> None:
        self.rows = rows
        self._ages = sorted({day for row in rows for day in (row.from_days, row.to_days)})
        starts = [min(self._ages, default=0) - 1, *self._ages]  # nothing changes from one of them to the next
        self._from = [tuple(row for row in rows if row.from_days <= day < row.to_days) for day in starts]

    def at(self, age_days: int) -> tuple[BodyLimit, ...]:
        """The bounds of this age."""
        return self._from[bisect_right(self._ages, age_days)]


@table("body_limits")
def body_limits(tables: Tables) -> BodyLimits:
    """All bounds by age."""
    return BodyLimits(load("body_limits", BodyLimit))


@table("serious_doses")
def serious_doses(tables: Tables) -> frozenset[str]:
    """Ingredients with a serious dose fact: high-alert drugs and those whose dose row says `serious`."""
    known: dict[str, Ingredient] = tables.table("ingredients")
    alert = {key for key, row in known.items() if "high_alert" in row.flags}
    with (KNOWLEDGE / "doses.csv").open(encoding="utf-8", newline="") as file:
        said = {row["ingredient"] for row in csv.DictReader(file) if row["serious"] == "yes"}
    return frozenset(alert | said)
