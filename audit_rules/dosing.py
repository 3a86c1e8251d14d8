"""How much of each ingredient one line gives, once and in a day; or why that cannot be said."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from audit_rules.drugs import Meaning
from audit_rules.knowledge.code_rows import Frequency
from audit_rules.quantities import Amount, Concentration, Units, amount, concentration, measure
from audit_rules.rx1 import CurrentMedication, Item, Prescription, Quantity


class Dose(NamedTuple):
    """Of one ingredient in one line. `why_*` is the reason code where the amount is None."""

    single: Amount | None
    daily: Amount | None
    why_single: str | None
    why_daily: str | None


EXTERNAL = re.compile("[外洗浴敷涂熏擦]")
PERCENT = re.compile(r"(?<![0-9.])([0-9]{1,2}(?:\.[0-9]+)?)[%％]")  # grams in 100 mL, as in 10%氯化钾注射液
# See docs/adr/0008: of a drug that is counted in IU, U and 单位 mean IU; the word `unit` does not.
LAWFUL = "U"


class Decoction(NamedTuple):
    """What holds for all pieces of a decoction: doses a day (one where not written) and the route it implies."""

    per_day: Decimal
    route: str

    @classmethod
    def of(cls, document: Prescription) -> "Decoction | None":
        """Of a herbal prescription; None for any other."""
        if document.kind != "herbal":
            return None
        herbal = document.herbal
        per_day = herbal.per_day if herbal and herbal.per_day and herbal.per_day > 0 else Decimal(1)
        return cls(per_day, "" if herbal and herbal.usage and EXTERNAL.search(herbal.usage) else "oral")


class Written(NamedTuple):
    """What of a line matters here, the codes already read."""

    raw: Item | CurrentMedication
    meaning: Meaning
    parts: Mapping[str, tuple[Decimal, str]]  # value and unit of each ingredient in one dosage unit, or empty
    frequency: Frequency | None
    unit_trap: bool
    decoction: Decoction | None


def doses(written: Written, units: Units) -> dict[str, Dose]:
    """Dose by ingredient."""
    single = _amounts(written, written.raw.dose, units)
    times, why = _times(written)
    most = written.raw.max_per_day if isinstance(written.raw, Item) else None
    found = {}
    for key in written.meaning.ingredients:
        once = single if isinstance(single, str) else single.get(key, "component_unknown")
        if most is not None:
            capped = _amounts(written, most, units)
            daily = capped if isinstance(capped, str) else capped.get(key, "component_unknown")
        elif isinstance(once, str):
            daily = once
        else:
            daily = once.times(times) if times is not None else why
        found[key] = _dose(once, daily)
    return found


def _dose(once: Amount | str, daily: Amount | str) -> Dose:
    return Dose(
        None if isinstance(once, str) else once,
        None if isinstance(daily, str) else daily,
        once if isinstance(once, str) else None,
        daily if isinstance(daily, str) else None,
    )


def _times(written: Written) -> tuple[Decimal | None, str]:
    if written.decoction is not None:
        return written.decoction.per_day, ""
    if written.frequency is None:
        return None, "frequency_unknown" if written.raw.frequency else "frequency_missing"
    return written.frequency.per_day, "as_needed" if written.frequency.as_needed else "frequency_open"


def _amounts(written: Written, dose: Quantity | None, units: Units) -> dict[str, Amount] | str:
    """Amount by ingredient of one written dose, or the reason code why there is none."""
    if dose is None or dose.value is None:
        return "dose_missing"
    if dose.value <= 0:
        return "dose_unreadable"
    if dose.unit is None:
        return "unit_missing"
    found = measure(dose.unit, units)
    if found is None or found.per is not None:
        return "unit_unknown"
    if found.unit.unit == "unit" and written.unit_trap:
        return "unit_ambiguous"
    lawful = found.unit.unit == LAWFUL and written.unit_trap
    given = Amount(dose.value, "IU") if lawful else amount(dose.value, found.unit)
    keys = written.meaning.ingredients
    if len(keys) > 1 or written.parts:
        return _of_compound(written, given, units)
    if lawful or found.unit.dimension in ("mass", "activity", "amount", "rate"):
        return {keys[0]: given}
    content = _content(written, given, units)
    return content if isinstance(content, str) else {keys[0]: content}


def _content(written: Written, given: Amount, units: Units) -> Amount | str:
    """What so many dosage units or millilitres hold of the only ingredient."""
    raw = written.raw
    if given.unit == "mL":
        mixed = _mixture(raw, units)
        if mixed is None or mixed.per != "mL":
            return "concentration_missing"
        return mixed.amount.times(given.value)
    strength = raw.strength
    if strength is None or strength.value is None:
        return "strength_missing"
    found = measure(strength.unit, units)
    if found is None:
        return "strength_unreadable"
    if found.per is not None and found.per.base != given.unit:
        return "strength_unreadable"  # mg/mL says nothing of one dosage unit
    return amount(strength.value, found.unit).times(given.value)


def _mixture(raw: Item | CurrentMedication, units: Units) -> Concentration | None:
    written = raw.concentration if isinstance(raw, Item) else None
    quantity = written if isinstance(written, Quantity) else raw.strength
    if isinstance(written, str):
        return concentration(written, units)
    if quantity is None or quantity.value is None:
        return _in_the_name(raw)
    found = measure(quantity.unit, units)
    if found is None or found.per is None:
        return None
    return Concentration(amount(quantity.value / found.per.factor, found.unit), found.per.base)


def _in_the_name(raw: Item | CurrentMedication) -> Concentration | None:
    """What a percentage in the name says of a liquid, where neither strength nor concentration is written."""
    said = PERCENT.findall(raw.drug.name or "")
    return Concentration(Amount(Decimal(said[0]) * 10, "mg"), "mL") if len(said) == 1 else None


def _of_compound(written: Written, given: Amount, units: Units) -> dict[str, Amount] | str:
    parts = {key: (value, measure(unit, units)) for key, (value, unit) in written.parts.items()}
    if not parts or any(found is None for _, found in parts.values()):
        return "components_missing"
    per = {found.per.base if found.per else None for _, found in parts.values() if found}
    one = {key: amount(value, found.unit) for key, (value, found) in parts.items() if found}
    if given.unit in ("mg", "IU", "mmol") and parts.keys() != set(written.meaning.ingredients):
        return "compound_dose_unclear"  # 10 g of granules is not 10 g of the paracetamol in them
    if given.unit in ("mg", "IU", "mmol"):
        total = sum((a.value for a in one.values() if a.unit == given.unit), Decimal(0))
        if {a.unit for a in one.values()} != {given.unit} or not total or per - {None}:
            return "compound_dose_unclear"  # 625 mg of amoxicillin with clavulanic acid is 500 + 125
        return {key: a.times(given.value / total) for key, a in one.items()}
    if per - {None, given.unit}:
        return "concentration_missing"
    if given.unit == "mL" and per != {"mL"}:
        return "concentration_missing"
    return {key: a.times(given.value) for key, a in one.items()}
