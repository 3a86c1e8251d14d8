"""How much, how often, how long, and for which kidney or liver: the rows behind the dose rules."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, Protocol, TypeVar

from audit_rules.knowledge.tables import BadTable, Tables, load, table
from audit_rules.report import Severity

DAYS = {"d": Decimal(1), "w": Decimal(7), "m": Decimal("30.4375")}


class Age(NamedTuple):
    """A bound of age. In years it is reached on the birthday, else after so many days."""

    value: int
    unit: str  # d | w | m | y

    def reached(self, days: int, years: int) -> bool:
        """Whether a patient of this age is as old."""
        return years >= self.value if self.unit == "y" else days >= self.value * DAYS[self.unit]


def age(text: str) -> Age | None:
    """`3m` as a bound; an empty cell is no bound. `ValueError` for another unit."""
    if text and text[-1] not in "dwmy":
        raise ValueError("an age ends in d, w, m or y")
    return Age(int(text[:-1]), text[-1]) if text else None


@dataclass(frozen=True, slots=True)
class DoseLimit:
    """Greatest doses of one ingredient for one kind of patient and route.

    `basis` total: the limits are amounts; kg and m2: amounts per kilogram or square metre, never above the caps;
    none: the label names no maximum and `note` says why. `routes` hold route groups and codes. With `max_days` the
    row is for courses no longer than that and for doses given once (a loading dose, a pulse, a single-dose cure).
    `wide` = harmless drugs: an excess only stops from ten times the limit on. `serious` = a gap that keeps this
    limit from being checked holds the prescription.
    """

    ingredient: str
    routes: tuple[str, ...]
    population: str  # adult | child | geriatric
    age_from: Age | None  # inclusive
    age_to: Age | None  # exclusive
    icd: tuple[str, ...]
    max_days: Decimal | None
    basis: str  # total | kg | m2 | none
    single_max: Decimal | None
    daily_max: Decimal | None
    single_cap: Decimal | None
    daily_cap: Decimal | None
    daily_min: Decimal | None
    unit: str
    wide: bool
    serious: bool
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class RenalBand:
    """What one range of kidney function asks of one ingredient. The bands of an ingredient cover 0 to infinity."""

    ingredient: str
    routes: tuple[str, ...]
    metric: str  # egfr | crcl
    icd: tuple[str, ...]
    from_: Decimal  # inclusive
    to: Decimal | None  # exclusive; None = no upper bound
    verdict: str  # ok | max | adjust | avoid
    daily_max: Decimal | None
    unit: str
    times: Decimal | None  # adjust: doses a day that are already what the label asks
    severity: Severity | None
    serious: bool
    zh: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class LiverLimit:
    """What a state of the liver asks of one ingredient."""

    ingredient: str
    routes: tuple[str, ...]
    states: tuple[str, ...]  # cirrhosis | failure | active
    except_icd: tuple[str, ...]
    verdict: str  # max | adjust | avoid
    daily_max: Decimal | None
    unit: str
    severity: Severity
    zh: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class LiverState:
    """One ICD-10 prefix that means a state of the liver."""

    state: str
    icd: str
    source: str


@dataclass(frozen=True, slots=True)
class FrequencyLimit:
    """Not more than `times` in `days`; only for these forms, or from this single dose on, where given."""

    ingredient: str
    routes: tuple[str, ...]
    forms: tuple[str, ...]
    min_single: Decimal | None
    unit: str
    min_per_kg: Decimal | None  # mg/kg
    except_icd: tuple[str, ...]
    times: Decimal
    days: Decimal
    severity: Severity
    refs: tuple[str, ...]
    zh: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class DurationLimit:
    """Not longer than `max_days` in one course."""

    ingredient: str
    routes: tuple[str, ...]
    max_days: Decimal
    except_icd: tuple[str, ...]
    severity: Severity
    zh: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class HeavyChild:
    """Weight above which hardly any child of this age lies; used only where no weight is given."""

    age_days: Decimal
    kg: Decimal
    source: str


class _OfIngredient(Protocol):
    @property
    def ingredient(self) -> str: ...


Row = TypeVar("Row", bound=_OfIngredient)


def _by_ingredient(name: str, rows: Iterable[Row], tables: Tables) -> dict[str, tuple[Row, ...]]:
    known = tables.table("ingredients")
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.ingredient not in known:
            raise BadTable(f"{name}.csv: {row.ingredient!r} is not in ingredients.csv")
        found[row.ingredient].append(row)
    return {key: tuple(those) for key, those in found.items()}


@table("doses")
def doses(tables: Tables) -> dict[str, tuple[DoseLimit, ...]]:
    """Dose limits by ingredient."""
    rows = load("doses", DoseLimit, {"age_from": age, "age_to": age})
    return _by_ingredient("doses", rows, tables)


@table("renal")
def renal(tables: Tables) -> dict[str, tuple[RenalBand, ...]]:
    """Bands of kidney function by ingredient."""
    return _by_ingredient("renal", load("renal", RenalBand), tables)


@table("hepatic")
def hepatic(tables: Tables) -> dict[str, tuple[LiverLimit, ...]]:
    """Liver limits by ingredient."""
    return _by_ingredient("hepatic", load("hepatic", LiverLimit), tables)


@table("liver_states")
def liver_states(tables: Tables) -> dict[str, tuple[str, ...]]:
    """ICD-10 prefixes by state of the liver."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in load("liver_states", LiverState):
        found[row.state].append(row.icd)
    return {state: tuple(codes) for state, codes in found.items()}


@table("frequency_limits")
def frequency_limits(tables: Tables) -> dict[str, tuple[FrequencyLimit, ...]]:
    """Frequency limits by ingredient."""
    return _by_ingredient("frequency_limits", load("frequency_limits", FrequencyLimit), tables)


@table("durations")
def durations(tables: Tables) -> dict[str, tuple[DurationLimit, ...]]:
    """Longest courses by ingredient."""
    return _by_ingredient("durations", load("durations", DurationLimit), tables)


@table("weights")
def weights(tables: Tables) -> tuple[HeavyChild, ...]:
    """Heavy children by age, youngest first."""
    return tuple(sorted(load("weights", HeavyChild), key=lambda row: row.age_days))
