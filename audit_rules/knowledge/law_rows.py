"""Law as dated rows: numbers, who may have which drug for how long, what may not be sent out."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, TypeVar

from audit_rules.drugs import Drugs
from audit_rules.knowledge.drug_rows import Ingredient
from audit_rules.knowledge.tables import BadTable, Tables, load, table

if TYPE_CHECKING:
    from audit_rules.items import Item
    from audit_rules.rx1 import Prescription

INJECTED = frozenset({"parenteral", "intrathecal", "epidural", "local_injection"})
EXTENDED = frozenset({"extended_release_tablet", "extended_release_capsule", "patch"})


class Dated(Protocol):
    """A row in force from one day to another, both inside; empty = open."""

    @property
    def from_(self) -> date | None: ...
    @property
    def to(self) -> date | None: ...


Row = TypeVar("Row", bound=Dated)


def in_force(rows: Iterable[Row], day: date) -> tuple[Row, ...]:
    """The rows in force on that day, in their order."""
    return tuple(r for r in rows if (r.from_ is None or r.from_ <= day) and (r.to is None or day <= r.to))


@dataclass(frozen=True, slots=True)
class LawNumber:
    """One number of a law; `value` in `unit` (day, drug, year, g)."""

    key: str
    value: Decimal
    unit: str
    zh: str
    en: str
    article: str
    from_: date | None
    to: date | None
    refs: tuple[str, ...]
    source: str


class Law:
    """Numbers of law by key and day."""

    def __init__(self, rows: Iterable[LawNumber]) -> None:
        self._by_key: dict[str, list[LawNumber]] = defaultdict(list)
        for row in rows:
            self._by_key[row.key].append(row)
        self._least = {key: min(row.value for row in rows) for key, rows in self._by_key.items()}
        self.on = lru_cache(maxsize=4096)(self._on)  # many prescriptions share a day

    def ever_below(self, key: str, value: Decimal | int | None) -> bool:
        """Whether a value is more than this number was on some day; no value is not."""
        return value is not None and value > self._least[key]

    def _on(self, key: str, day: date) -> LawNumber | None:
        """The number in force on that day; None before the law. `KeyError` for an unknown key."""
        if key not in self._by_key:
            raise KeyError(key)
        found = in_force(self._by_key[key], day)
        return found[-1] if found else None


@table("law")
def law(tables: Tables) -> Law:
    """Numbers of law."""
    return Law(load("law", LawNumber))


@dataclass(frozen=True, slots=True)
class ControlException:
    """A product of a controlled ingredient that the lists put elsewhere. Empty columns match anything.

    `max_mg` = the most of the ingredient in one dosage unit; an unknown content does not match. Empty `control` = an
    ordinary drug. The first row that matches decides.
    """

    id: str
    ingredient: str
    with_others: bool | None
    groups: tuple[str, ...]
    forms: tuple[str, ...]
    max_mg: Decimal | None
    control: str
    from_: date | None
    to: date | None
    source: str


class Controls:
    """Which class of special control a line falls in."""

    def __init__(
        self, ingredients: dict[str, Ingredient], exceptions: Iterable[ControlException], drugs: Drugs
    ) -> None:
        self._drugs = drugs
        self._listed = {key: row.control for key, row in ingredients.items() if row.control}
        self.controlled = frozenset(self._listed)
        self._exceptions: dict[str, list[ControlException]] = defaultdict(list)
        for row in exceptions:
            self._exceptions[row.ingredient].append(row)

    def keys_of(self, *classes: str) -> frozenset[str]:
        """Every ingredient that some product of may fall in one of these classes."""
        elsewhere = {key for key, rows in self._exceptions.items() if any(r.control in classes for r in rows)}
        return frozenset(key for key, control in self._listed.items() if control in classes) | elsewhere

    def of(self, item: "Item", day: date) -> tuple[tuple[str, str], ...]:
        """(ingredient, class) of each controlled ingredient of the line on that day."""
        if self.controlled.isdisjoint(item.ingredients):
            return ()
        found = ((key, self._class(key, item, day)) for key in item.ingredients)
        return tuple((key, control) for key, control in found if control)

    def _class(self, key: str, item: "Item", day: date) -> str:
        for row in in_force(self._exceptions.get(key, ()), day):
            if self._matches(row, item):
                return row.control
        return self._listed.get(key, "")

    def _matches(self, row: ControlException, item: "Item") -> bool:
        if row.with_others is not None and row.with_others != (len(item.ingredients) > 1):
            return False
        if row.groups and item.route_group not in row.groups:
            return False
        if row.forms and item.form not in row.forms:
            return False
        content = self._content_mg(row.ingredient, item) if row.max_mg is not None else None
        return row.max_mg is None or (content is not None and content <= row.max_mg)

    def _content_mg(self, ingredient: str, item: "Item") -> Decimal | None:
        """Milligrams of the ingredient in one dosage unit, as the line says, else as the product is fixed."""
        for component in getattr(item.raw, "components", None) or ():
            if component.name.strip().lower() == ingredient and component.unit == "mg":
                value: Decimal | None = component.value
                return value
        meaning = self._drugs.find(item.name)
        fixed = meaning.components if meaning else ()
        return next((c.amount for c in fixed if c.ingredient == ingredient and c.unit == "mg"), None)


@table("controls")
def controls(tables: Tables) -> Controls:
    """Special control by line."""
    exceptions = load("control_exceptions", ControlException)
    return Controls(tables.table("ingredients"), exceptions, Drugs(tables, {}))


@dataclass(frozen=True, slots=True)
class SupplyLimit:
    """The most of a controlled class on one prescription. The first row that matches a line decides.

    `form` any | injection | extended_release; `place` outpatient (every setting but inpatient) | inpatient;
    `pain_file` yes = patients on the cancer-pain file only; `max_age` years, not included; `max_doses` single doses.
    """

    id: str
    control: str
    ingredient: str
    form: str
    place: str
    pain_file: bool | None
    icd_list: str
    max_age: int | None
    max_days: Decimal | None
    max_doses: Decimal | None
    reason: bool
    article: str
    from_: date | None
    to: date | None
    ref: str
    source: str


def supply_form(item: "Item") -> str:
    """injection | extended_release | other, as the supply limits divide forms. Patches count as extended release."""
    if item.route_group in INJECTED or item.form == "injection":
        return "injection"
    if item.form in EXTENDED or item.route_group == "transdermal":
        return "extended_release"
    return "other"


def doses_given(item: "Item") -> Decimal | None:
    """Single doses of the line; an open frequency counts one a day; None where they cannot be told."""
    if item.frequency is not None and item.frequency.once:
        return Decimal(1)
    if item.days is None or item.frequency is None:
        return None
    return item.days * (item.frequency.per_day or 1)


def sent_out(document: "Prescription") -> bool:
    """Whether the document asks to have it dispensed elsewhere or delivered."""
    routing = document.routing
    if routing is None:
        return False
    own = document.institution.code
    return routing.delivery == "delivery" or any(code != own for code in routing.nominated or ())


@table("supply_limits")
def supply_limits(tables: Tables) -> tuple[SupplyLimit, ...]:
    """Limits, the more exact first."""
    return tuple(sorted(load("supply_limits", SupplyLimit), key=lambda row: row.id))


@dataclass(frozen=True, slots=True)
class InHouse:
    """A drug used inside an institution only, `max_doses` a prescription; `min_level` of the hospital, 1 to 3."""

    ingredient: str
    min_level: int | None
    max_doses: Decimal
    zh: str
    en: str
    article: str
    from_: date | None
    to: date | None
    ref: str
    source: str


@table("in_house")
def in_house(tables: Tables) -> dict[str, InHouse]:
    """In-house drugs by ingredient."""
    return {row.ingredient: row for row in load("in_house", InHouse)}


@dataclass(frozen=True, slots=True)
class IcdEntry:
    """One code prefix of a named list of diagnoses."""

    list: str
    code: str
    zh: str
    source: str


@table("icd_lists")
def icd_lists(tables: Tables) -> dict[str, tuple[str, ...]]:
    """Code prefixes by list; `KeyError` for a list that nobody wrote."""
    found: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for row in load("icd_lists", IcdEntry):
        found[row.list] += (row.code,)
    return dict(found)


@dataclass(frozen=True, slots=True)
class OnlineBan:
    """What may not be sold online. `kind` control | flag | route_group | ingredient | suffix (of the
    written name, known or not), `value` of it.

    `exempt` = ATC prefix left out; `compound` any | compound | single: whether other ingredients are in the line.
    """

    id: str
    kind: str
    value: str
    exempt: str
    compound: str
    zh: str
    en: str
    article: str
    from_: date | None
    to: date | None
    ref: str
    source: str


@table("online_bans")
def online_bans(tables: Tables) -> tuple[OnlineBan, ...]:
    """Bans in the order of their ids; the statutory classes come first."""
    rows = tuple(sorted(load("online_bans", OnlineBan), key=lambda row: row.id))
    if unknown := {row.kind for row in rows} - {"control", "flag", "route_group", "ingredient", "suffix"}:
        raise BadTable(f"online_bans.csv: unknown kinds {sorted(unknown)}")
    return rows
