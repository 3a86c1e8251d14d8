"""What an allergy record means, and which drugs it forbids: substances, reactions, classes, cross-reactions."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from audit_rules.knowledge.conditions import Condition
from audit_rules.knowledge.patient_rows import expanded
from audit_rules.knowledge.tables import BadTable, Tables, load, table
from audit_rules.names import plain
from audit_rules.report import Severity

NO_ALLERGY, OTHER = "none", "other"
FOOD, GROUP = "food:", "group:"

# Words around a substance that do not change what it is. A closed list, taken off one at a time.
BEFORE = ("allergy to ", "allergic to ", "对")
AFTER = (
    "皮试阳性",
    "皮试",
    " allergy",
    " allergies",
    "过敏史",
    "过敏",
    "类药物",
    "类抗生素",
    "类药",
    "药物",
    "制剂",
    "类",
)


@dataclass(frozen=True, slots=True)
class Allergen:
    """A written substance. `target` = `class:x`, `group:x`, `food:x`, an ingredient, `other` (no drug) or `none`."""

    substance: str
    target: str
    source: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """A written reaction and its kind: anaphylaxis, respiratory, skin, severe_skin or intolerance."""

    reaction: str
    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class AllergyGroup:
    """Drugs that an allergy to the target means directly."""

    target: str
    cell: str
    source: str


@dataclass(frozen=True, slots=True)
class CrossAllergy:
    """Who reacts to `left` may react to `right`. `reactions` = kinds, `unsaid`, or `any`."""

    left: str
    right: tuple[str, ...]
    except_: tuple[str, ...]
    routes: tuple[str, ...]
    reactions: tuple[str, ...]
    when: Condition
    severity: Severity
    reason_zh: str
    reason_en: str
    action_zh: str
    action_en: str
    source: str


@table("allergens")
def allergens(tables: Tables) -> dict[str, str]:
    """Target by written substance, plain form. A drug name needs no row unless it means a whole class here."""
    groups = tables.table("allergy_groups")
    found = {}
    for row in load("allergens", Allergen):
        if row.target.startswith(("class:", GROUP)) and row.target not in groups:
            raise BadTable(
                f"allergens.csv: {row.substance!r} means {row.target!r}, which allergy_groups.csv does not know"
            )
        found[plain(row.substance)] = row.target
    return found


@table("allergy_reactions")
def allergy_reactions(_tables: Tables) -> dict[str, str]:
    """Kind by written reaction, plain form."""
    return {plain(row.reaction): row.kind for row in load("allergy_reactions", Reaction)}


@table("allergy_groups")
def allergy_groups(tables: Tables) -> dict[str, frozenset[str]]:
    """Ingredients by target."""
    found: dict[str, frozenset[str]] = {}
    for row in load("allergy_groups", AllergyGroup):
        found[row.target] = found.get(row.target, frozenset()) | expanded(
            tables, "allergy_groups", (row.cell,)
        )
    return found


@table("cross_allergies")
def cross_allergies(tables: Tables) -> dict[str, tuple[tuple[CrossAllergy, frozenset[str]], ...]]:
    """Rows by what the patient reacts to (an ingredient, or `food:x`), each with the ingredients it concerns."""
    found: dict[str, list[tuple[CrossAllergy, frozenset[str]]]] = defaultdict(list)
    for row in load("cross_allergies", CrossAllergy, {"when": Condition.parse}):
        concerned = expanded(tables, "cross_allergies", row.right, row.except_)
        lefts = {row.left} if row.left.startswith(FOOD) else expanded(tables, "cross_allergies", (row.left,))
        for left in lefts:
            found[left].append((row, concerned))
    return {left: tuple(rows) for left, rows in found.items()}


def substance(written: str, known: Callable[[str], str | None]) -> str | None:
    """What `known` says of the substance, first as written, then without the closed words around it."""
    word = plain(written)
    for _ in range(3):
        if found := known(word):
            return found
        shorter = _without_words(word)
        if shorter == word:
            return None
        word = shorter
    return known(word)


def _without_words(word: str) -> str:
    if word.endswith(")") and "(" in word[1:]:
        return word[
            : word.rindex("(")
        ].strip()  # a note in brackets; what it says never takes the allergy back
    for after in AFTER:
        if word.endswith(after) and len(word) > len(after):
            return word.removesuffix(after).strip()
    for before in BEFORE:
        if word.startswith(before) and len(word) > len(before):
            return word.removeprefix(before).strip()
    return word
