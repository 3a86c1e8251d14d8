"""What a written drug name means: ingredients, synonyms, dosage forms, compounds, classes."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from audit_rules.knowledge.tables import BadTable, Tables, load, table
from audit_rules.names import plain


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One ingredient; the key is its WHO INN in lower-case English, or hyphened pinyin for patents and
    pieces.
    """

    ingredient: str
    zh: str
    atc: str
    kind: str  # western | patent | piece
    control: str  # narcotic | psychotropic_1 | psychotropic_2 | toxic | precursor | empty
    antimicrobial: str  # unrestricted | restricted | special | empty
    flags: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Name:
    """A synonym exactly as people write it. A compound names several ingredients."""

    name: str
    ingredients: tuple[str, ...]
    form: str
    source: str


@dataclass(frozen=True, slots=True)
class Form:
    """A word for a dosage form that may stand before or after a name; `route` is implied where none is
    written.
    """

    name: str
    form: str
    position: str  # prefix | suffix
    route: str
    source: str


@dataclass(frozen=True, slots=True)
class Component:
    """What one dosage unit of a product of fixed strength holds."""

    name: str
    ingredient: str
    amount: Decimal
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Member:
    """One ingredient of a class."""

    class_: str
    ingredient: str
    source: str


@dataclass(frozen=True, slots=True)
class ClassName:
    """What people call a class."""

    class_: str
    zh: str
    en: str


@table("ingredients")
def ingredients(tables: Tables) -> dict[str, Ingredient]:
    """Ingredient row by key."""
    rows = load("ingredients", Ingredient)
    found = {row.ingredient: row for row in rows}
    if len(found) != len(rows):
        raise BadTable("ingredients.csv: an ingredient stands there twice")
    return found


@table("names")
def names(tables: Tables) -> dict[str, Name]:
    """Every exact name in plain form: the keys, their zh names and all synonyms."""
    known: dict[str, Ingredient] = tables.table("ingredients")
    found = {}
    for row in known.values():
        for word in (row.ingredient, row.zh):
            if word:
                found[plain(word)] = Name(word, (row.ingredient,), "", row.source)
    for name in load("names", Name):
        key = plain(name.name)
        if unknown := set(name.ingredients).difference(known):
            raise BadTable(f"names.csv: {name.name!r} names {sorted(unknown)}, not in ingredients.csv")
        # A patent medicine's own name may widen to the western drugs it holds; nothing else may mean two things.
        if key in found and not set(found[key].ingredients) <= set(name.ingredients):
            raise BadTable(f"names.csv: {name.name!r} has two meanings")
        found[key] = name
    return found


@table("forms")
def forms(tables: Tables) -> dict[str, Form]:
    """Dosage form by its written word, plain form."""
    return {plain(row.name): row for row in load("forms", Form)}


@table("compounds")
def compounds(tables: Tables) -> dict[str, tuple[Component, ...]]:
    """Components by the product's name, plain form."""
    found: dict[str, list[Component]] = defaultdict(list)
    for row in load("compounds", Component):
        found[plain(row.name)].append(row)
    return {name: tuple(parts) for name, parts in found.items()}


@table("classes")
def classes(tables: Tables) -> dict[str, frozenset[str]]:
    """Ingredient keys by class."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in load("classes", Member):
        found[row.class_].add(row.ingredient)
    return {name: frozenset(members) for name, members in found.items()}


@table("class_names")
def class_names(tables: Tables) -> dict[str, ClassName]:
    """What people call each class."""
    return {row.class_: row for row in load("class_names", ClassName)}
