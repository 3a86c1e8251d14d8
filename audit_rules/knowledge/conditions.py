"""The conditions that table rows carry: a small closed language, evaluated to true, false or unknown.

`or` parts `and` parts; a part may start with `not`. Parts: `pregnant`, `lactating`, `sex:female`, `dx` (there is
a diagnosis, and none in words that nobody knows), `icd:J45|J46`, `with:class:ppi`, `without:warfarin`, and comparisons
`age>=65` (years), `days<28` (of life), `weight<=60` (kg), `week<14` (of pregnancy), `lab:potassium>5.0`,
`dose>300`, `dose:left>20` (mg a day). Of the line itself: `course>=56` (days supplied), `form:tablet|capsule`,
`prn` (only when needed). What the record does not say is unknown, and unknown is neither true nor false.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from audit_rules.icd import code_of, dotless, is_past
from audit_rules.memo import per_case
from audit_rules.quantities import Amount, shown

if TYPE_CHECKING:
    from audit_rules.case import Case
    from audit_rules.items import Item
    from audit_rules.patient import Lab

Truth = bool | None

OPERATORS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
_COMPARED = re.compile(
    r"(age|days|week|weight|course|dose(?::left|:right)?|lab:[a-z0-9_]+)(>=|<=|>|<)([0-9]+(?:\.[0-9]+)?)"
)
_NAMED = re.compile(r"(icd|with|without|sex|form):(\S+)")
_BARE = frozenset({"pregnant", "lactating", "dx", "prn"})
NAMES = {
    "age": "age_years", "days": "age_days", "week": "pregnancy_weeks", "weight": "weight_kg", "course": "course_days",
}  # fmt: skip


class Doses(NamedTuple):
    """What a condition may ask of the drugs: the daily amount and the line of the drug itself, or the daily amounts
    of the two sides of a pair.
    """

    own: Amount | None = None
    left: Amount | None = None
    right: Amount | None = None
    item: "Item | None" = None


NO_DOSES = Doses()


@dataclass(frozen=True, slots=True)
class Part:
    """One test. `asks` is what it looks at, `sign` and `bound` only for comparisons, `names` for lists."""

    asks: str
    sign: str = ""
    bound: Decimal = Decimal(0)
    names: tuple[str, ...] = ()
    negated: bool = False
    asks_past: bool = False  # some of the ICD-10 names are codes of past disease

    def holds(self, case: "Case", doses: Doses = NO_DOSES) -> Truth:
        """Whether the part is true of the case."""
        if self.asks == "icd":
            for code in _codes(self, case) if self.asks_past else case.patient.codes:
                if code.startswith(self.names):
                    return not self.negated
            return self.negated
        truth = self._compared(case, doses) if self.sign else self._named(case, doses.item)
        return truth if truth is None or not self.negated else not truth

    def _compared(self, case: "Case", doses: Doses) -> Truth:
        if self.asks == "week" and not case.patient.pregnant:
            return case.patient.pregnant  # no pregnancy has no week; an unknown one stays unknown
        if self.asks.startswith("lab:"):
            lab = lab_of(case, self.asks[4:])
            return None if lab is None else OPERATORS[self.sign](lab.value, self.bound)
        value = _number(self.asks, case, doses)
        return None if value is None else OPERATORS[self.sign](value, self.bound)

    def _named(self, case: "Case", item: "Item | None") -> Truth:
        if self.asks in ("form", "prn"):
            return self._of_line(item)
        if self.asks in ("with", "without"):
            return bool(_taken(self.names, case)) is (self.asks == "with")
        if self.asks == "sex":
            return case.patient.sex in self.names if case.patient.sex in ("male", "female") else None
        if self.asks == "dx":
            return _diagnosed(case)
        return case.patient.pregnant if self.asks == "pregnant" else case.patient.lactating

    def _of_line(self, item: "Item | None") -> Truth:
        if item is None:
            return None
        if self.asks == "prn":
            return item.as_needed
        return item.form in self.names if item.form else None


@dataclass(frozen=True, slots=True)
class Condition:
    """Alternatives of parts that must all hold. No alternative = always true."""

    text: str
    alternatives: tuple[tuple[Part, ...], ...]

    @classmethod
    def parse(cls, text: str) -> "Condition":
        """Read a cell; `ValueError` names the part that is not of the language."""
        if not text:
            return cls("", ())
        return cls(text, tuple(tuple(map(_part, way.split(" and "))) for way in text.split(" or ")))

    def holds(self, case: "Case", doses: Doses = NO_DOSES) -> Truth:
        """True, False, or None where it hangs on something the record does not say."""
        if not self.alternatives:
            return True
        if len(self.alternatives) == 1:
            return _all(self.alternatives[0], case, doses)
        ways = [_all(parts, case, doses) for parts in self.alternatives]
        return True if True in ways else None if None in ways else False

    def unknown(self, case: "Case", doses: Doses = NO_DOSES) -> frozenset[str]:
        """What it asks for and the record does not say: `pregnant`, `week`, `lab:inr`, `dose:left` …"""
        parts = (part for way in self.alternatives for part in way)
        return frozenset(p.asks for p in parts if p.holds(case, doses) is None)

    def evidence(self, case: "Case", doses: Doses = NO_DOSES) -> dict[str, str]:
        """The facts it looked at, as text with dates."""
        found: dict[str, str] = {}
        for part in (part for way in self.alternatives for part in way):
            found |= _evidence(part, case, doses)
        return found


def _part(text: str) -> Part:
    negated, word = text.startswith("not "), text.removeprefix("not ").strip()
    if word in _BARE:
        return Part(word, negated=negated)
    if compared := _COMPARED.fullmatch(word):
        return Part(compared[1], compared[2], Decimal(compared[3]), negated=negated)
    named = _NAMED.fullmatch(word.replace(" ", "\0"))
    if named is None:
        raise ValueError(f"{text!r} is not a condition")
    names = tuple(name.replace("\0", " ") for name in named[2].split("|"))
    if named[1] == "icd":
        past = any(map(is_past, names))
        return Part("icd", names=tuple(map(dotless, names)), negated=negated, asks_past=past)
    return Part(named[1], names=names, negated=negated)


def _all(parts: tuple[Part, ...], case: "Case", doses: Doses) -> Truth:
    unknown = False
    for part in parts:
        truth = part.holds(case, doses)
        if truth is False:
            return False
        unknown = unknown or truth is None
    return None if unknown else True


@per_case
def _diagnosed(case: "Case") -> Truth:
    names = case.catalogue.diagnosis_names
    if any(d.name and code_of(d, names) is None for d in case.document.diagnoses or ()):
        return None
    return bool(case.diagnoses)


def _codes(part: Part, case: "Case") -> tuple[str, ...]:
    """Present disease; past disease only for those who ask for it by its own code."""
    patient = case.patient
    return (*patient.codes, *patient.past_codes) if part.asks_past else patient.codes


def _taken(names: tuple[str, ...], case: "Case") -> tuple[str, ...]:
    return tuple(taken.ingredient for name in names for taken in case.all_in(name))


def _number(asks: str, case: "Case", doses: Doses) -> Decimal | None:
    if asks.startswith("lab:"):
        lab = lab_of(case, asks[4:])
        return lab.value if lab else None
    if asks.startswith("dose"):
        amount = doses.own if asks == "dose" else doses.left if asks == "dose:left" else doses.right
        return amount.value if amount is not None and amount.unit == "mg" else None
    if asks == "age":
        return Decimal(case.patient.age_years)
    if asks == "course":
        return doses.item.days if doses.item else None
    if asks == "weight":
        return case.patient.weight_kg
    number = case.patient.age_days if asks == "days" else case.patient.pregnancy_weeks
    return None if number is None else Decimal(number)


@per_case
def lab_of(case: "Case", code: str) -> "Lab | None":
    """The newest value of a laboratory code that is still young enough to decide on (`lab_ages.csv`), or None."""
    age = case.catalogue.table("lab_ages").get(code)
    if code == "egfr":
        return case.patient.egfr(age)
    return case.patient.crcl(age) if code == "crcl" else case.patient.lab(code, age)


def _evidence(part: Part, case: "Case", doses: Doses) -> dict[str, str]:
    if part.asks == "icd" and not part.negated:
        codes = sorted(c for c in _codes(part, case) if c.startswith(part.names))
        return {"icd10": ", ".join(codes)} if codes else {}
    if part.asks in ("with", "without"):
        taken = sorted(set(_taken(part.names, case)))
        return {"with": ", ".join(taken)} if taken else {}
    if part.asks.startswith("lab:"):
        lab = lab_of(case, part.asks[4:])
        return lab.evidence(part.asks[4:]) if lab else {}
    if not part.sign:
        return {}
    value = _number(part.asks, case, doses)
    name = NAMES.get(part.asks)
    if value is None:
        return {}
    return {name: shown(value)} if name else {"daily_mg" + part.asks[4:].replace(":", "_"): shown(value)}
