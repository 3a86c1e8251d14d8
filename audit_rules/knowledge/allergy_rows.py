"""What an allergy record means, and which drugs it forbids: substances, reactions, classes, cross-reactions."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from audit_rules.knowledge.conditions import Condition
from audit_rules.knowledge.herbal_rows import PatentPieces
from audit_rules.knowledge.patient_rows import expanded
from audit_rules.knowledge.tables import BadTable, Tables, load, table
from audit_rules.names import plain
from audit_rules.report import Severity

NO_ALLERGY, OTHER = "none", "other"
GROUP = "group:"
# What is no drug itself: only cross_allergies.csv says which drugs hold it, or hang on it.
NO_DRUG = ("food:", "excipient:", "trait:")

# Words around a substance that do not change what it is. A closed list, taken off one at a time.
BEFORE = (
    "known allergy to ",
    "history of ",
    "allergy to ",
    "allergic to ",
    "既往有",
    "既往",
    "曾对",
    "曾有",
    "有",
    "对",
)
AFTER = (
    "皮试阳性",
    "皮试",
    "阳性",
    " positive",
    " allergy",
    " allergies",
    " hypersensitivity",
    "过敏史",
    "过敏者",
    "过敏",
    "反应",
    "史",
    "类药物",
    "类抗生素",
    "抗生素",
    "类药",
    "药物",
    "制剂",
    "类",
)
DENIED = ("否认有", "否认对", "否认", "未发现", "无", "no known ", "no history of ", "no ", "denies ")
Words = Callable[[str], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Allergen:
    """A written substance. `target` = `class:x`, `group:x`, an ingredient, `none`, `other` (concerns no drug), or what
    only some drugs hold or hang on: `food:x`, `excipient:x`, `trait:x`.
    """

    substance: str
    target: str
    source: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """A written reaction and its kind: anaphylaxis, respiratory, skin, severe_skin, blood, hit (heparin-induced
    thrombocytopenia), intolerance (a side effect, no allergy) or tolerated (taken since without a reaction).
    """

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
    """Who reacts to one of `left` may react to `right`. `reactions` = kinds, `unsaid`, or `any`."""

    left: tuple[str, ...]
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
        drugs = tuple(cell for cell in row.left if not cell.startswith(NO_DRUG))
        lefts = expanded(tables, "cross_allergies", drugs)
        for left in lefts.union(cell for cell in row.left if cell not in drugs):
            found[left].append((row, concerned))
    return {left: tuple(rows) for left, rows in found.items()}


@table("patent_contents")
def patent_contents(_tables: Tables) -> dict[str, frozenset[str]]:
    """The decoction pieces inside a patent medicine: an allergy to one of them forbids it too."""
    return {row.patent: frozenset(row.pieces) for row in load("patent_pieces", PatentPieces)}


def substance(
    written: str, known: Callable[[str], str | None], reaction: Words
) -> tuple[str | None, frozenset[str]]:
    """What `known` says of the substance, with the kinds of `reaction` that stand beside its name.

    First as written, then without the closed words around it: "青霉素过敏性休克史" is penicillin, anaphylaxis. What is
    denied of a known substance is no allergy.
    """
    word, kinds = plain(written), frozenset[str]()
    for _ in range(6):
        if found := known(word):
            return found, kinds
        if _denied(word, known):
            return NO_ALLERGY, frozenset()
        shorter, said = _without_words(word, reaction)
        if shorter == word:
            return None, kinds
        word, kinds = shorter, kinds | said
    return known(word), kinds


def _denied(word: str, known: Callable[[str], str | None]) -> bool:
    for denial in DENIED:
        if word.startswith(denial) and len(word) > len(denial):
            rest = word.removeprefix(denial)
            for after in ("", *AFTER):
                if rest.endswith(after) and known(rest.removesuffix(after)):
                    return True
    return False


def _without_words(word: str, reaction: Words) -> tuple[str, frozenset[str]]:
    """The word without one of the closed words, and what was said in it."""
    if word.endswith(")") and "(" in word[1:]:
        at = word.rindex("(")  # a note in brackets; what it says never takes the allergy back
        return word[:at].strip(), reaction(word[at + 1 : -1])
    for after in AFTER:
        if word.endswith(after) and len(word) > len(after):
            return word.removesuffix(after).strip(), frozenset()
    for start in range(1, len(word)):
        whole = not word[start].isascii() or word[start - 1] == " "
        if whole and (kinds := reaction(word[start:])):
            return word[:start].strip(), kinds
    for before in BEFORE:
        if word.startswith(before) and len(word) > len(before):
            return word.removeprefix(before).strip(), frozenset()
    return word, frozenset()
