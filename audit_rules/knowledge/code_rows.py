"""Code tables for units, routes and frequencies: one row per written word, zh or en, all of them exact."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from audit_rules.knowledge.tables import BadTable, Tables, load, table
from audit_rules.names import plain


@dataclass(frozen=True, slots=True)
class Unit:
    """One written unit. One `unit` = `factor` `base`: mass in mg, volume mL, activity IU, amount mmol.

    Dimension `dosage_unit` holds tablet, capsule, actuation, unit, ...: they convert into nothing else.
    """

    text: str
    unit: str
    dimension: str
    base: str
    factor: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Route:
    """One written route of administration. `systemic` empty = it depends."""

    text: str
    route: str
    group: str
    systemic: bool | None
    zh: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class Frequency:
    """One written frequency: `times` in `days`. Both empty = no fixed number (prn, continuous); once-only =
    `once`.
    """

    text: str
    code: str
    times: Decimal | None
    days: Decimal | None
    interval_hours: Decimal | None
    as_needed: bool
    once: bool
    source: str

    @property
    def per_day(self) -> Decimal | None:
        """Doses a day, on average; a once-only dose counts 1; None where the number is open."""
        if self.once:
            return Decimal(1)
        if self.times is None or self.days is None:
            return None
        return self.times / self.days


Word = TypeVar("Word", Unit, Route, Frequency)


def _by_text(name: str, rows: tuple[Word, ...]) -> dict[str, Word]:
    found: dict[str, Word] = {}
    for row in rows:
        key = plain(row.text)
        if key in found:
            raise BadTable(f"{name}.csv: {row.text!r} stands there twice")
        found[key] = row
    return found


@table("units")
def units(tables: Tables) -> dict[str, Unit]:
    """Unit by any of its names, plain form."""
    return _by_text("units", load("units", Unit))


@table("routes")
def routes(tables: Tables) -> dict[str, Route]:
    """Route by any of its names, plain form."""
    return _by_text("routes", load("routes", Route))


@table("frequencies")
def frequencies(tables: Tables) -> dict[str, Frequency]:
    """Frequency by any of its names, plain form."""
    return _by_text("frequencies", load("frequencies", Frequency))
