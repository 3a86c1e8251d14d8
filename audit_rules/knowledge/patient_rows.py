"""What makes a drug wrong for this patient: pregnancy, milk, disease, age, sex, old age, laboratory, indication.

All these tables have one shape, so widening any of them is adding a row.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from audit_rules.knowledge.conditions import NO_DOSES, Condition, Doses, Part, Truth
from audit_rules.knowledge.tables import BadTable, Tables, load, table
from audit_rules.knowledge.truths import Truths, asked_later, often
from audit_rules.memo import per_lines
from audit_rules.report import Severity
from audit_rules.together import daily_of

if TYPE_CHECKING:
    from audit_rules.case import Case
    from audit_rules.items import Item, Use
    from audit_rules.lines import Lines

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


class Facts:
    """One table, by ingredient."""

    def __init__(self, by_ingredient: dict[str, tuple[Fact, ...]]) -> None:
        self._by_ingredient = by_ingredient
        self.ingredients = frozenset(by_ingredient)

    def of(self, ingredient: str) -> tuple[Fact, ...]:
        """Every fact about an ingredient, by itself or through a class."""
        return self._by_ingredient.get(ingredient, ())

    def all(self) -> Iterable[tuple[Fact, ...]]:
        """The facts of each ingredient."""
        return self._by_ingredient.values()

    def by_route(self, use: "Use") -> tuple[Fact, ...]:
        """What of the table concerns the drug by the route of its line; remembered on the use."""
        kept: tuple[Fact, ...] | None = use.memory.get(self)
        if kept is None:
            kept = use.memory[self] = tuple(f for f in self.of(use.ingredient) if reaches(use.item, f.routes))
        return kept

    def possible(self, case: "Case") -> list[Match]:
        """Every fact about a drug of this prescription that is true, or may be, by line."""
        found: list[Match] = []
        for use in case.uses:
            facts = self.by_route(use)
            doses = Doses(own=daily_of(case, use), item=use.item) if facts else NO_DOSES
            truths = ((fact, fact.when.holds(case, doses)) for fact in facts)
            found += [Match(use, fact, truth, doses) for fact, truth in truths if truth is not False]
        return found


class Way(NamedTuple):
    """One way for a fact to be true of a line: the bits that it needs, and what is asked after them.

    `place` = where it stands among all ways of the lines.
    """

    place: int
    bits: int
    later: tuple[Part, ...]
    table: str
    use: "Use"
    fact: Fact


class Ways(NamedTuple):
    """The ways of some lines, each under the bit that is most seldom true; under 0 those that need none."""

    bits: int
    under: dict[int, tuple[Way, ...]]


@per_lines
def _ways(lines: "Lines") -> Ways:
    """Every way in which a fact of these tables could be true of these lines, by table, line and row."""
    bits: dict[Part, int] = lines.catalogue.table("truths").bits
    found: dict[int, list[Way]] = defaultdict(list)
    place = 0
    for name in TABLES:
        facts: Facts = lines.catalogue.table(name)
        for use in lines.uses:
            for fact in facts.by_route(use):
                for parts in fact.when.alternatives or ((),):
                    needed = {part: bits[part] for part in parts if not asked_later(part)}
                    seldom = needed[min(needed, key=often)] if needed else 0
                    later = tuple(filter(asked_later, parts))
                    found[seldom].append(Way(place, sum(needed.values()), later, name, use, fact))
                    place += 1
    return Ways(sum(found), {bit: tuple(ways) for bit, ways in found.items()})


def true_facts(case: "Case") -> dict[str, list[Match]]:
    """By table every fact about a drug of this prescription that is true, by line; a table without any is left out.

    Asked through `case.facts`, which remembers it.
    """
    ways = _ways(case)
    if not ways.under:
        return {}
    truths: Truths = case.catalogue.table("truths")
    true = truths.of(case)
    met = [way for way in ways.under.get(0, ()) if _asked(case, way)]
    left = ways.bits & true
    while left:
        bit = left & -left
        left ^= bit
        met += [way for way in ways.under[bit] if way.bits & true == way.bits and _asked(case, way)]
    met.sort()
    found: dict[str, list[Match]] = {}
    last: Way | None = None
    for way in met:
        if (
            last is None or way.fact is not last.fact or way.use is not last.use
        ):  # it may be true in several ways
            doses = Doses(own=daily_of(case, way.use), item=way.use.item)
            found.setdefault(way.table, []).append(Match(way.use, way.fact, True, doses))
        last = way
    return found


def _asked(case: "Case", way: Way) -> bool:
    if not way.later:
        return True
    doses = Doses(own=daily_of(case, way.use), item=way.use.item)
    return all(part.holds(case, doses) for part in way.later)


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


@table("truths")
def truths(tables: Tables) -> Truths:
    """The parts of all conditions of these tables."""
    facts = (fact for name in TABLES for rows in tables.table(name).all() for fact in rows)
    parts = (part for fact in facts for way in fact.when.alternatives for part in way)
    classes = tables.table("classes")

    def members(cell: str) -> frozenset[str]:
        return classes[cell.removeprefix(CLASS)] if cell.startswith(CLASS) else frozenset((cell,))

    return Truths((part for part in parts if not asked_later(part)), members)


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
