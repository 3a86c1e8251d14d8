"""What makes a drug wrong for this patient: pregnancy, milk, disease, age, sex, old age, laboratory, indication.

All these tables have one shape, so widening any of them is adding a row.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from audit_rules.knowledge.conditions import Condition, Doses, Truth
from audit_rules.knowledge.gates import OPEN, Gate, gate_of
from audit_rules.knowledge.tables import BadTable, Tables, load, table
from audit_rules.report import Severity
from audit_rules.together import daily_of

if TYPE_CHECKING:
    from audit_rules.case import Case
    from audit_rules.items import Item, Use

CLASS = "class:"
TABLES = ("pregnancy", "lactation", "diseases", "ages", "sexes", "geriatric", "labs", "indications")


@dataclass(frozen=True, slots=True)
class Fact:
    """`cell` (an ingredient or `class:x`, several by `|`) given by `routes` is wrong when `when` is true."""

    cell: tuple[str, ...]
    except_: tuple[str, ...]
    routes: tuple[str, ...]
    when: Condition
    severity: Severity
    effect_zh: str
    effect_en: str
    action_zh: str
    action_en: str
    source: str


class Match(NamedTuple):
    """A fact that concerns a use. `truth` None = it hangs on something the record does not say."""

    use: "Use"
    fact: Fact
    truth: Truth
    doses: Doses


class Gated(NamedTuple):
    """Facts of one ingredient that stand behind one gate. `places` = where each stands among all of the ingredient."""

    gate: Gate
    places: tuple[int, ...]


class Facts:
    """One table, by ingredient."""

    def __init__(self, by_ingredient: dict[str, tuple[Fact, ...]]) -> None:
        self._by_ingredient = by_ingredient
        self._alone: dict[int, Gate] = {}
        self.ingredients = frozenset(by_ingredient)

    def of(self, ingredient: str) -> tuple[Fact, ...]:
        """Every fact about an ingredient, by itself or through a class."""
        return self._by_ingredient.get(ingredient, ())

    def matching(self, case: "Case", *, unknown: bool = True) -> list[Match]:
        """Every fact about a drug of this prescription that is true, or with `unknown` may be, by line."""
        key = (self, unknown)
        kept: list[Match] | None = case.memory.get(key)
        if kept is None:
            kept = case.memory[key] = [
                match
                for use in case.uses
                if use.ingredient in self.ingredients
                for match in self._of(use, case, unknown)
            ]
        return kept

    def _of(self, use: "Use", case: "Case", unknown: bool) -> Iterator[Match]:
        gate, facts, gated = self._of_line(use)
        if not facts or gate.shut(case) or (not unknown and gate.unmeasured(case)):
            return
        places: list[int] = []
        for each, behind in gated:
            if not each.shut(case) and (unknown or not each.unmeasured(case)):
                places += behind
        places.sort()
        doses = Doses(own=daily_of(case, use), item=use.item)
        for place in places:
            truth = facts[place].when.holds(case, doses)
            if truth or (unknown and truth is None):
                yield Match(use, facts[place], truth, doses)

    def _of_line(self, use: "Use") -> "OfLine":
        """What of the table concerns the drug by the route of its line; remembered on the use."""
        kept: OfLine | None = use.memory.get(self)
        if kept is None:
            facts = tuple(f for f in self._by_ingredient[use.ingredient] if reaches(use.item, f.routes))
            gate = gate_of([fact.when for fact in facts]) if facts else OPEN
            kept = use.memory[self] = OfLine(gate, facts, _gated(facts, self._alone))
        return kept


class OfLine(NamedTuple):
    """Facts for one line: the gate before all of them, the facts, the gates before some of them."""

    gate: Gate
    facts: tuple[Fact, ...]
    gated: tuple[Gated, ...]


def _gated(facts: tuple[Fact, ...], alone: dict[int, Gate]) -> tuple[Gated, ...]:
    """Facts behind equal gates together; `alone` = the gates made so far, by the id of the fact."""
    found: dict[Gate, list[int]] = defaultdict(list)
    for place, fact in enumerate(facts):
        gate = alone.get(id(fact))
        if gate is None:
            gate = alone[id(fact)] = gate_of((fact.when,))
        found[gate].append(place)
    return tuple(Gated(gate, tuple(places)) for gate, places in found.items())


def reaches(item: "Item", routes: tuple[str, ...]) -> bool:
    """Whether a line is given in one of these ways: `any`, `systemic`, or a route group.

    A route that is not known counts as systemic and as every group: silence is not safety.
    """
    if "any" in routes:
        return True
    if "systemic" in routes and item.systemic is not False:
        return True
    return item.route_group is None or item.route_group in routes


def expanded(
    tables: Tables, file: str, cells: tuple[str, ...], except_: tuple[str, ...] = ()
) -> frozenset[str]:
    """The ingredients of table cells; `BadTable` for a class or an ingredient that nobody knows."""
    classes, known = tables.table("classes"), tables.table("ingredients")
    found: set[str] = set()
    for cell in cells:
        members = classes.get(cell.removeprefix(CLASS)) if cell.startswith(CLASS) else {cell} & known.keys()
        if not members:
            raise BadTable(f"{file}.csv: {cell!r} is neither a class nor an ingredient")
        found |= members
    if unknown := set(except_).difference(known):  # never walks the dictionary, `-` does
        raise BadTable(f"{file}.csv: {sorted(unknown)} in `except` are no ingredients")
    return frozenset(found - set(except_))


def _facts(name: str, tables: Tables) -> Facts:
    found: dict[str, list[Fact]] = defaultdict(list)
    for row in load(name, Fact, {"when": Condition.parse}):
        for key in sorted(expanded(tables, name, row.cell, row.except_)):
            found[key].append(row)
    return Facts({key: tuple(rows) for key, rows in found.items()})


for _name in TABLES:
    _builder = partial(_facts, _name)
    _builder.__module__ = __name__
    table(_name)(_builder)


@dataclass(frozen=True, slots=True)
class LabAge:
    """How many days a laboratory value may be old and still decide."""

    lab: str
    max_age_days: int
    source: str


@table("lab_ages")
def lab_ages(tables: Tables) -> dict[str, int]:
    """Days by laboratory code; a code without a row never grows too old."""
    return {row.lab: row.max_age_days for row in load("lab_ages", LabAge)}


@dataclass(frozen=True, slots=True)
class AskedLab:
    """The laboratory value that should be known before this drug is given."""

    cell: tuple[str, ...]
    except_: tuple[str, ...]
    lab: str
    source: str


@table("labs_asked")
def labs_asked(tables: Tables) -> dict[str, tuple[str, ...]]:
    """Laboratory codes by ingredient."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in load("labs_asked", AskedLab):
        for key in sorted(expanded(tables, "labs_asked", row.cell, row.except_)):
            found[key].append(row.lab)
    return {key: tuple(labs) for key, labs in found.items()}
