"""How a regimen must look beyond its maximum: doses halved by criteria, doses too seldom, forms not to be crushed."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from audit_rules.knowledge.conditions import Condition
from audit_rules.knowledge.tables import BadTable, Tables, load, table
from audit_rules.names import plain
from audit_rules.report import Severity


def _conditions(cell: str) -> tuple[Condition, ...]:
    return tuple(Condition.parse(part.strip()) for part in cell.split(";")) if cell else ()


@dataclass(frozen=True, slots=True)
class Reduction:
    """The label's reduced daily dose in these diseases, where `needed` of `conditions` are met, or `alone` is.

    More than `reduced_max` is too much then (empty = not judged here); below `reduced_min` is too little then, and
    below `full_min` where the criteria are not met.
    """

    ingredient: str
    routes: tuple[str, ...]
    icd: tuple[str, ...]
    except_icd: tuple[str, ...]
    conditions: tuple[Condition, ...]
    needed: int
    alone: Condition | None
    reduced_max: Decimal | None
    reduced_min: Decimal
    full_min: Decimal
    unit: str
    severity_high: Severity
    severity_low: Severity
    zh: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class FrequencyFloor:
    """Not less often than `times` in `days`; not for `except_forms` (slow release)."""

    ingredient: str
    routes: tuple[str, ...]
    except_forms: tuple[str, ...]
    except_icd: tuple[str, ...]
    times: Decimal
    days: Decimal
    severity: Severity
    zh: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class CrushWord:
    """Words of an instruction that mean the dosage form is to be broken down."""

    word: str
    source: str


@dataclass(frozen=True, slots=True)
class UsualDose:
    """The usual daily maintenance dose of an adult, against which the tests hold every maximum; `why` one is far off.

    No rule uses it.
    """

    ingredient: str
    route: str
    daily: Decimal
    unit: str
    why: str
    source: str


@table("usual_doses")
def usual_doses(tables: Tables) -> tuple[UsualDose, ...]:
    """All usual doses."""
    rows = load("usual_doses", UsualDose)
    if unknown := {row.ingredient for row in rows} - set(tables.table("ingredients")):
        raise BadTable(f"usual_doses.csv: {sorted(unknown)} not in ingredients.csv")
    return rows


@table("reductions")
def reductions(tables: Tables) -> dict[str, tuple[Reduction, ...]]:
    """Reduction criteria by ingredient."""
    converters = {"conditions": _conditions, "alone": lambda cell: Condition.parse(cell) if cell else None}
    found: dict[str, list[Reduction]] = defaultdict(list)
    known = tables.table("ingredients")
    for row in load("reductions", Reduction, converters):
        if row.ingredient not in known:
            raise BadTable(f"reductions.csv: {row.ingredient!r} is not in ingredients.csv")
        found[row.ingredient].append(row)
    return {key: tuple(rows) for key, rows in found.items()}


@table("frequency_floors")
def frequency_floors(tables: Tables) -> dict[str, tuple[FrequencyFloor, ...]]:
    """Least frequencies by ingredient."""
    found: dict[str, list[FrequencyFloor]] = defaultdict(list)
    known = tables.table("ingredients")
    for row in load("frequency_floors", FrequencyFloor):
        if row.ingredient not in known:
            raise BadTable(f"frequency_floors.csv: {row.ingredient!r} is not in ingredients.csv")
        found[row.ingredient].append(row)
    return {key: tuple(rows) for key, rows in found.items()}


@table("crush_words")
def crush_words(tables: Tables) -> tuple[str, ...]:
    """The words, plain form."""
    return tuple(plain(row.word) for row in load("crush_words", CrushWord))
