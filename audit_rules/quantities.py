"""Decimal amounts, units and frequencies: the only arithmetic on doses.

Mass is always in mg, volume in mL, activity in IU, amount of substance in mmol; a dosage unit (tablet,
capsule, actuation, `unit`) stays what it is and converts into nothing else.
"""

import re
from decimal import Decimal
from typing import NamedTuple

from audit_rules.knowledge.code_rows import Unit
from audit_rules.names import plain

Units = dict[str, Unit]


class Amount(NamedTuple):
    """A value in its base unit."""

    value: Decimal
    unit: str  # mg | mL | IU | mmol | tablet | ...

    def times(self, factor: Decimal) -> "Amount":
        """So many of it."""
        return Amount(self.value * factor, self.unit)


class Measure(NamedTuple):
    """A written unit: `mg`, or `mg/mL` with `per`."""

    unit: Unit
    per: Unit | None


class Concentration(NamedTuple):
    """So much in one base unit of another: 20 mg in 1 mL."""

    amount: Amount
    per: str


_PART = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)?\s*([^0-9/][^/]*?)\s*")


def measure(written: str | None, units: Units) -> Measure | None:
    """What a written unit means, or None where the tables do not know it."""
    if not written:
        return None
    word = plain(written)
    if unit := units.get(word):
        return Measure(unit, None)
    top, slash, bottom = word.partition("/")
    unit, per = units.get(top.strip()), units.get(bottom.strip())
    return Measure(unit, per) if slash and unit and per else None


def amount(value: Decimal, unit: Unit) -> Amount:
    """A written value in its base unit."""
    return Amount(value * unit.factor, unit.base)


def concentration(written: str | None, units: Units) -> Concentration | None:
    """`100mg/5ml` as 20 mg in 1 mL; None where it is not exactly two numbers with known units."""
    top, slash, bottom = plain(written or "").partition("/")
    over, under = _PART.fullmatch(top), _PART.fullmatch(bottom)
    if not (slash and over and under and over[1]):
        return None
    unit, per = units.get(over[2]), units.get(under[2])
    if unit is None or per is None:
        return None
    below = amount(Decimal(under[1] or 1), per)
    return Concentration(amount(Decimal(over[1]) / below.value, unit), below.unit) if below.value else None


def shown(value: Decimal) -> str:
    """A number for people: no exponent, no needless zeros, at most three decimals."""
    rounded = round(value, 3) if value != value.to_integral_value() else value
    return f"{rounded.normalize():f}"
