"""Injections in one container: what may not be mixed, how strong an infusion may be, how fast it may run."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import NamedTuple

from audit_rules.knowledge.patient_rows import expanded
from audit_rules.knowledge.tables import BadTable, Tables, load, table
from audit_rules.report import Severity

ANY = "any"
DILUENT = "iv_diluent"  # a line that holds one of these is what the others are diluted in
INCOMPATIBLE_KINDS = ("drug", "diluent", "alone")
LIMIT_KINDS = ("concentrated", "dilute", "fast", "undiluted")


@dataclass(frozen=True, slots=True)
class Incompatibility:
    """Two sides (ingredients or classes) that may not meet in one container. Empty `apart_severity` = apart is fine.

    `kind` drug | diluent | alone; `b` of an `alone` row is `any`: every other drug, diluents excepted.
    `max_age_days` = the row holds for patients up to that age only. `interacts` = the danger is that of the two drugs
    in `interactions.csv` too, so that both are one cause.
    """

    id: str
    kind: str
    a: tuple[str, ...]
    b: tuple[str, ...]
    severity: Severity
    apart_severity: Severity | None
    max_age_days: int | None
    interacts: bool
    zh: str
    en: str
    action_zh: str
    action_en: str
    source: str


class Meeting(NamedTuple):
    """A row and the two ingredients it speaks of."""

    row: Incompatibility
    one: str
    other: str


class Incompatibilities:
    """Rows by the pair of ingredients, and those of drugs that are given alone."""

    def __init__(self, tables: Tables, rows: tuple[Incompatibility, ...]) -> None:
        self._by_pair: dict[frozenset[str], list[Incompatibility]] = defaultdict(list)
        self._alone: dict[str, list[Incompatibility]] = defaultdict(list)
        self._diluents = expanded(tables, "iv_incompatibilities", (f"class:{DILUENT}",))
        for row in rows:
            if row.kind not in INCOMPATIBLE_KINDS or (row.kind == "alone") != (row.b == (ANY,)):
                raise BadTable(f"iv_incompatibilities.csv: {row.id}: kind {row.kind!r} with b {row.b}")
            left = expanded(tables, "iv_incompatibilities", row.a)
            if row.kind == "alone":
                for a in sorted(left):
                    self._alone[a].append(row)
                continue
            for a, b in product(sorted(left), sorted(expanded(tables, "iv_incompatibilities", row.b))):
                if a != b:
                    self._by_pair[frozenset((a, b))].append(row)
        self.ingredients = frozenset(self._alone).union(*self._by_pair)

    def of(self, ingredient: str) -> tuple[Incompatibility, ...]:
        """Every row about an ingredient, each once, by id."""
        pairs = (rows for pair, rows in self._by_pair.items() if ingredient in pair)
        found = {row.id: row for rows in (*pairs, self._alone.get(ingredient, ())) for row in rows}
        return tuple(found[name] for name in sorted(found))

    def between(self, one: tuple[str, ...], other: tuple[str, ...]) -> Iterator[Meeting]:
        """What the tables say of two lines, in either order."""
        for a, b in product(one, other):
            for row in self._by_pair.get(frozenset((a, b)), ()):
                yield Meeting(row, a, b)
        for mine, theirs in ((one, other), (other, one)):
            if self._diluents.isdisjoint(theirs) and theirs:
                for a in mine:
                    if a not in theirs:
                        yield from (Meeting(row, a, theirs[0]) for row in self._alone.get(a, ()))


@table("iv_incompatibilities")
def iv_incompatibilities(tables: Tables) -> Incompatibilities:
    """What may not be mixed."""
    return Incompatibilities(tables, load("iv_incompatibilities", Incompatibility))


@dataclass(frozen=True, slots=True)
class InfusionLimit:
    """One bound of an infusion. `kind` concentrated | dilute (`bound` in mg/mL), fast (mg/h), undiluted (no bound).

    `mg_per_mmol` converts a dose written in mmol.
    """

    id: str
    kind: str
    ingredients: tuple[str, ...]
    bound: Decimal | None
    mg_per_mmol: Decimal | None
    severity: Severity
    zh: str
    en: str
    action_zh: str
    action_en: str
    source: str


@table("infusion_limits")
def infusion_limits(tables: Tables) -> dict[str, tuple[InfusionLimit, ...]]:
    """Bounds by ingredient, the worst first."""
    found: dict[str, list[InfusionLimit]] = defaultdict(list)
    for row in load("infusion_limits", InfusionLimit):
        if row.kind not in LIMIT_KINDS or (row.kind == "undiluted") != (row.bound is None):
            raise BadTable(f"infusion_limits.csv: {row.id}: kind {row.kind!r} with bound {row.bound}")
        for key in sorted(expanded(tables, "infusion_limits", row.ingredients)):
            found[key].append(row)
    return {key: tuple(sorted(rows, key=lambda r: (-r.severity, r.id))) for key, rows in found.items()}
