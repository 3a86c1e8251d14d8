"""One line as a rule sees it: the drug understood or said to be unknown, the codes read, the doses worked
out.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from audit_rules.dosing import Decoction, Dose, Written, doses
from audit_rules.drugs import Meaning
from audit_rules.knowledge.code_rows import Frequency, Route
from audit_rules.knowledge.drug_rows import Form
from audit_rules.memo import Memory
from audit_rules.names import plain
from audit_rules.quantities import Amount
from audit_rules.rx1 import CurrentMedication
from audit_rules.rx1 import Item as RawItem

if TYPE_CHECKING:
    from audit_rules.catalogue import Catalogue

NOTHING = Meaning((), None, ())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Item:
    """A line of the prescription. `ingredients` is empty when the drug is unknown.

    `route` is what is written, else what the dosage form implies; `raw.route` tells which.
    """

    line: int
    name: str
    code: str | None
    ingredients: tuple[str, ...]
    form: str | None
    route: str | None
    route_group: str | None
    systemic: bool | None
    frequency: Frequency | None
    as_needed: bool
    days: Decimal | None
    group: str | None
    skin_test: str | None
    purpose: str | None
    instructions: str | None
    raw: Any  # the item of the document, as posted

    @property
    def known(self) -> bool:
        """Whether the drug was understood."""
        return bool(self.ingredients)


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """One ingredient of one line. Amounts are in base units (mass in mg); `why_*` says why an amount is None."""

    item: Item
    ingredient: str
    single: Amount | None
    daily: Amount | None
    why_no_dose: str | None
    why_no_daily: str | None
    others: tuple[int, ...] = ()  # lines whose doses are counted in, see together.py
    memory: Memory = field(default_factory=dict)  # see `per_line` in memo.py

    @property
    def line(self) -> int:
        """Line of the prescription."""
        return self.item.line

    @property
    def lines(self) -> tuple[int, ...]:
        """Every line whose dose is in it."""
        return (self.item.line, *self.others)

    @property
    def route(self) -> str | None:
        """Route code of its line."""
        return self.item.route

    @property
    def systemic(self) -> bool | None:
        """Whether it reaches the whole body; None = not known."""
        return self.item.systemic


class Reading(NamedTuple):
    """A line understood, with its uses. `concerns` = the rules it calls for, see concerns.py; `lasts` = its supply."""

    item: Item
    uses: tuple[Use, ...]
    decoction: Decoction | None
    lasts: timedelta
    concerns: int = 0


UNSTATED_DAYS = 7  # a line without days counts as a week, an ordinary outpatient supply
LONGEST_DAYS = Decimal(3650)
_written = msgspec.json.Encoder(decimal_format="number").encode
MOST_KEPT = 10_000


def read_item(
    raw: RawItem | CurrentMedication, line: int, catalogue: "Catalogue", decoction: Decoction | None
) -> Reading:
    """One line understood. The same line, written alike, is read once and then remembered by the catalogue."""
    key = (line, decoction, _written(raw))
    found = catalogue.readings.get(key)
    if found is None:
        if len(catalogue.readings) >= MOST_KEPT:
            catalogue.readings.clear()
        found = _read(raw, line, catalogue, decoction)
        found = found._replace(concerns=catalogue.concerns.of_line(found))
        catalogue.readings[key] = found
    return found


def _read(
    raw: RawItem | CurrentMedication, line: int, catalogue: "Catalogue", decoction: Decoction | None
) -> Reading:
    drug = raw.drug
    meaning = (catalogue.drugs.find(drug.name) if drug.name else None) or NOTHING
    form = catalogue.drugs.form(raw.form) or meaning.form
    route = _route(raw.route, _implied(form, decoction), catalogue.routes)
    frequency = catalogue.frequencies.get(plain(raw.frequency)) if raw.frequency else None
    full = raw if isinstance(raw, RawItem) else None
    item = Item(
        line=line,
        name=drug.name or drug.code or "",
        code=drug.code,
        ingredients=meaning.ingredients,
        form=form.form if form else None,
        route=route.route if route else None,
        route_group=route.group if route else None,
        systemic=route.systemic if route else None,
        frequency=frequency,
        as_needed=bool(full and full.as_needed) or bool(frequency and frequency.as_needed),
        days=raw.days,
        group=None if full is None or full.group is None else str(full.group),
        skin_test=full.skin_test if full else None,
        purpose=full.purpose if full else None,
        instructions=full.instructions if full else None,
        raw=raw,
    )
    if not meaning.ingredients:
        return Reading(item, (), decoction, lasts(item))
    trap = not catalogue.unit_traps.isdisjoint(meaning.ingredients)
    parts = _parts(full, meaning, catalogue)
    found = doses(Written(raw, meaning, parts, frequency, trap, decoction), catalogue.units)
    uses = tuple(_use(item, key, found[key]) for key in meaning.ingredients)
    return Reading(item, uses, decoction, lasts(item))


def lasts(item: Item, days: Decimal | None = None) -> timedelta:
    """How long the supply of a line lasts; `days` = of the whole decoction."""
    days = item.days if days is None else days
    if days is None and item.frequency is not None and item.frequency.once:
        days = Decimal(1)
    return timedelta(days=ceil(min(days, LONGEST_DAYS)) if days is not None and days > 0 else UNSTATED_DAYS)


def _use(item: Item, key: str, dose: Dose) -> Use:
    return Use(item, key, dose.single, dose.daily, dose.why_single, dose.why_daily)


def _implied(form: Form | None, decoction: Decoction | None) -> str:
    return decoction.route if decoction else form.route if form else ""


def _route(written: str | None, implied: str, routes: dict[str, Route]) -> Route | None:
    """The route that is written; what the form implies only where none is. An unknown word stays unknown."""
    return routes.get(plain(written or implied)) if written or implied else None


def _parts(raw: RawItem | None, meaning: Meaning, catalogue: "Catalogue") -> dict[str, tuple[Decimal, str]]:
    """What one dosage unit holds: as the line says where every component is understood, else as the product
    is fixed.
    """
    if raw is None or not raw.components:
        return {c.ingredient: (c.amount, c.unit) for c in meaning.components}
    said: dict[str, tuple[Decimal, str]] = {}
    for component in raw.components:
        found = catalogue.drugs.find(component.name)
        if found is None or len(found.ingredients) != 1 or component.value is None or component.unit is None:
            return {}
        said[found.ingredients[0]] = (component.value, component.unit)
    return said if said.keys() == set(meaning.ingredients) else {}
