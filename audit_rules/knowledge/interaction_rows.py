"""Drugs that do not go together: pairs, stacks of three and more, doubled drugs and classes, intended pairs."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import product

from audit_rules.knowledge.conditions import Condition
from audit_rules.knowledge.patient_rows import expanded
from audit_rules.knowledge.tables import BadTable, Tables, load, table
from audit_rules.report import Severity

SILENT = "silent"
LONGEST_WASHOUT = 90  # days; how far back finished supply is looked at


@dataclass(frozen=True, slots=True)
class Interaction:
    """`left` with `right` does harm, when `only_if`; less when `lower_if`, more when `raise_if`.

    A washout is the number of days after that side is stopped before the other may start.
    """

    id: str
    left: tuple[str, ...]
    left_except: tuple[str, ...]
    left_routes: tuple[str, ...]
    right: tuple[str, ...]
    right_except: tuple[str, ...]
    right_routes: tuple[str, ...]
    severity: Severity
    only_if: Condition
    lower_if: Condition
    lowered: str
    raise_if: Condition
    raised: str
    left_washout: int
    right_washout: int
    effect_zh: str
    effect_en: str
    action_zh: str
    action_en: str
    source: str


@dataclass(frozen=True, slots=True)
class Stack:
    """One group of drugs that add to one danger."""

    stack: str
    group: str
    cell: tuple[str, ...]
    except_: tuple[str, ...]
    routes: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class StackLevel:
    """So many drugs of so many groups are so bad, `when` is true and `unless` is not; empty `unless` = always."""

    stack: str
    drugs: int
    groups: int
    when: Condition
    unless: Condition
    severity: Severity
    name_zh: str
    name_en: str
    effect_zh: str
    effect_en: str
    action_zh: str
    action_en: str
    source: str


@dataclass(frozen=True, slots=True)
class DuplicateClass:
    """A class of which one drug is enough. `history_severity` = against an earlier supply of the same institution;
    `switch_severity` = where one is injected and the other swallowed, which is often a step down.
    """

    class_: str
    except_: tuple[str, ...]
    routes: tuple[str, ...]
    severity: Severity
    history_severity: Severity
    switch_severity: Severity
    action_zh: str
    action_en: str
    source: str


@dataclass(frozen=True, slots=True)
class IntendedPair:
    """Two drugs (or twice the same) that belong together although they look doubled."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    when: Condition
    note_zh: str
    note_en: str
    source: str


Pair = tuple[str, str]
Rows = tuple[tuple[Interaction, str], ...]  # each row with the ingredient that is its left side
Partners = dict[str, dict[str, Rows]]


@table("interactions")
def interactions(tables: Tables) -> Partners:
    """Rows by ingredient and partner; both ways round."""
    found: dict[str, dict[str, list[tuple[Interaction, str]]]] = defaultdict(lambda: defaultdict(list))
    for row in load(
        "interactions", Interaction, dict.fromkeys(("only_if", "lower_if", "raise_if"), Condition.parse)
    ):
        _sound(row)
        left = expanded(tables, "interactions", row.left, row.left_except)
        right = expanded(tables, "interactions", row.right, row.right_except)
        for one, other in product(sorted(left), sorted(right)):
            if one != other and not any(known is row for known, _ in found[one][other]):
                for key, partner in ((one, other), (other, one)):
                    found[key][partner].append((row, one))
    return {key: {p: tuple(rows) for p, rows in partners.items()} for key, partners in found.items()}


def _sound(row: Interaction) -> None:
    for condition, severity in ((row.raise_if, row.raised), (row.lower_if, row.lowered)):
        if bool(condition.alternatives) != bool(severity):
            raise BadTable(
                f"interactions.csv: {row.id}: a condition and the severity it leads to go together"
            )
        if severity and severity != SILENT and severity.upper() not in Severity.__members__:
            raise BadTable(f"interactions.csv: {row.id}: {severity!r} is no severity")
    if max(row.left_washout, row.right_washout) > LONGEST_WASHOUT:
        raise BadTable(f"interactions.csv: {row.id}: a washout of more than {LONGEST_WASHOUT} days")


@table("stacks")
def stacks(tables: Tables) -> dict[str, tuple[Stack, ...]]:
    """Stack groups by ingredient."""
    found: dict[str, list[Stack]] = defaultdict(list)
    for row in load("stacks", Stack):
        for key in expanded(tables, "stacks", row.cell, row.except_):
            found[key].append(row)
    return {key: tuple(rows) for key, rows in found.items()}


@table("stack_needs")
def stack_needs(tables: Tables) -> dict[str, tuple[tuple[str, int], ...]]:
    """By ingredient, each stack it adds to with the least number of drugs that could make it speak."""
    least = {name: min(row.drugs for row in rows) for name, rows in tables.table("stack_levels").items()}
    rows: dict[str, tuple[Stack, ...]] = tables.table("stacks")
    return {
        key: tuple(sorted({(row.stack, least[row.stack]) for row in found})) for key, found in rows.items()
    }


@table("stack_levels")
def stack_levels(tables: Tables) -> dict[str, tuple[StackLevel, ...]]:
    """Levels by stack, worst first."""
    found: dict[str, list[StackLevel]] = defaultdict(list)
    for row in load("stack_levels", StackLevel, dict.fromkeys(("when", "unless"), Condition.parse)):
        found[row.stack].append(row)
    return {name: tuple(sorted(rows, key=lambda r: -r.severity)) for name, rows in found.items()}


@table("duplicates")
def duplicates(tables: Tables) -> dict[str, tuple[DuplicateClass, ...]]:
    """Classes of which one drug is enough, by ingredient."""
    found: dict[str, list[DuplicateClass]] = defaultdict(list)
    for row in load("duplicates", DuplicateClass):
        for key in expanded(tables, "duplicates", (f"class:{row.class_}",), row.except_):
            found[key].append(row)
    return {key: tuple(rows) for key, rows in found.items()}


@table("duplicate_pairs")
def duplicate_pairs(tables: Tables) -> dict[Pair, IntendedPair]:
    """Intended pairs by sorted pair of ingredients; a pair of one ingredient with itself is allowed."""
    found: dict[Pair, IntendedPair] = {}
    for row in load("duplicate_pairs", IntendedPair, {"when": Condition.parse}):
        left, right = (expanded(tables, "duplicate_pairs", side) for side in (row.left, row.right))
        for one, other in product(left, right):
            if one != other or row.left == row.right:
                found[(min(one, other), max(one, other))] = row
    return found
