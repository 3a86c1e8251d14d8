"""What must be so of a patient before any of several conditions can be true. One question instead of many.

A gate that is shut is certain; an open one says nothing.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from audit_rules.icd import HEAD
from audit_rules.knowledge.conditions import Condition, Part

if TYPE_CHECKING:
    from audit_rules.case import Case

DAYS_A_YEAR = 365
COMPUTED = frozenset({"egfr", "crcl"})  # from creatinine, where they are not measured
Way = tuple[Part, ...]
T = TypeVar("T")


class Gate(NamedTuple):
    """None = not asked for. ICD-10 prefixes cut to categories, bounds of age in completed years, laboratory codes;
    `unless` = ICD-10 prefixes of which none may be there.
    """

    heads: frozenset[str] | None
    below: int | None
    least: int | None
    labs: frozenset[str] | None
    unless: tuple[str, ...] | None = None

    def shut(self, case: "Case") -> bool:
        """Whether none of the conditions can be anything but false."""
        patient = case.patient
        if self.below is not None and patient.age_years >= self.below:
            return True
        if self.least is not None and patient.age_years < self.least:
            return True
        if self.heads is not None and self.heads.isdisjoint(patient.heads):
            return True
        if self.unless is not None:
            for code in patient.codes:
                if code.startswith(self.unless):
                    return True
        return False

    def unmeasured(self, case: "Case") -> bool:
        """Whether all of the conditions hang on laboratory values that nobody has sent: none is true."""
        return self.labs is not None and self.labs.isdisjoint(case.patient.lab_codes)


OPEN = Gate(None, None, None, None)


def gate_of(conditions: Iterable[Condition]) -> Gate:
    """The gate before all of these."""
    ways: list[Way] = []
    for condition in conditions:
        ways.extend(condition.alternatives or ((),))
    icd, below = _each(ways, _icd), _each(ways, _below)
    least, labs = _each(ways, _least), _each(ways, _labs)
    return Gate(
        heads=None if icd is None else frozenset(name[:HEAD] for names in icd for name in names),
        below=None if below is None else max(below),
        least=None if least is None else min(least),
        labs=None if labs is None else frozenset().union(*labs),
        unless=next(filter(None, map(_unless, ways[0])), None) if len(ways) == 1 else None,
    )


def _each(ways: Iterable[Way], asked: Callable[[Part], T | None]) -> list[T] | None:
    """What every way asks for, by its first part that asks such a thing; None where one asks nothing of it."""
    found: list[T] = []
    for way in ways:
        said = [answer for part in way if not part.negated and (answer := asked(part)) is not None]
        if not said:
            return None
        found.append(said[0])
    return found


def _icd(part: Part) -> tuple[str, ...] | None:
    return part.names if part.asks == "icd" and not part.asks_past else None


def _unless(part: Part) -> tuple[str, ...] | None:
    return part.names if part.asks == "icd" and part.negated and not part.asks_past else None


def _below(part: Part) -> int | None:
    if part.sign not in ("<", "<=") or part.asks not in ("age", "days"):
        return None
    return (int(part.bound) if part.asks == "age" else int(part.bound) // DAYS_A_YEAR) + 1


def _least(part: Part) -> int | None:
    return int(part.bound) if part.asks == "age" and part.sign in (">", ">=") else None


def _labs(part: Part) -> frozenset[str] | None:
    if not part.asks.startswith("lab:"):
        return None
    code = part.asks.removeprefix("lab:")
    return frozenset((code, "creatinine")) if code in COMPUTED else frozenset((code,))
