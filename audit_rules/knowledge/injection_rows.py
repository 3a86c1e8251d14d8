"""Injections and routes: skin tests, routes that kill, forms that fit no other route."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from audit_rules.knowledge.tables import BadTable, Tables, load, table
from audit_rules.names import plain
from audit_rules.report import Release, Severity


@dataclass(frozen=True, slots=True)
class SkinTest:
    """An ingredient that asks for a skin test. `routes` any | parenteral; `requirement` required | advised."""

    id: str
    group: str
    ingredient: str
    routes: str
    requirement: str
    valid_hours: Decimal | None
    zh: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class SkinTestWord:
    """One written skin-test result: negative | positive | exempt | pending | desensitised (given in rising doses)."""

    word: str
    result: str
    source: str


@table("skin_tests")
def skin_tests(tables: Tables) -> dict[str, SkinTest]:
    """Skin test by ingredient."""
    return {row.ingredient: row for row in load("skin_tests", SkinTest)}


@table("skin_test_words")
def skin_test_words(tables: Tables) -> dict[str, str]:
    """Result by written word, plain form."""
    return {plain(row.word): row.result for row in load("skin_test_words", SkinTestWord)}


@dataclass(frozen=True, slots=True)
class NeverRoute:
    """Ingredients that must not go by these routes. `forms` = only these dosage forms; empty = any.

    `slip_from_days` = outside hospital, a supply of that many days says that nobody gives it by this route: the word is
    a slip to be corrected. Empty = there is no such excuse.
    """

    id: str
    ingredients: tuple[str, ...]
    routes: tuple[str, ...]
    forms: tuple[str, ...]
    severity: Severity
    release: Release
    slip_from_days: int | None
    zh: str
    en: str
    action_zh: str
    action_en: str
    source: str


@table("never_routes")
def never_routes(tables: Tables) -> dict[str, tuple[NeverRoute, ...]]:
    """Rows by ingredient."""
    found: dict[str, tuple[NeverRoute, ...]] = defaultdict(tuple)
    for row in load("never_routes", NeverRoute, {"release": Release}):
        if not row.routes:
            raise BadTable(f"never_routes.csv: {row.id} names no route")
        for key in row.ingredients:
            found[key] += (row,)
    return dict(found)


@dataclass(frozen=True, slots=True)
class FormRoutes:
    """Route groups a dosage form may go by, and single routes it may not although the group is right."""

    form: str
    groups: tuple[str, ...]
    never_routes: tuple[str, ...]
    zh: str
    en: str
    source: str


@table("form_routes")
def form_routes(tables: Tables) -> dict[str, FormRoutes]:
    """Routes by dosage form code."""
    return {row.form: row for row in load("form_routes", FormRoutes)}
