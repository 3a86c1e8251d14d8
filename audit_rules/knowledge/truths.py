"""The parts of all conditions of the patient tables, each one bit, so that a case answers all of them at once.

A bit is set when its part is true of the case; a part that is false or unknown has none. Parts that look at the line
or its dose, and a few others, are no bits: they are asked later, of each line of which everything else is true.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from audit_rules.knowledge.conditions import OPERATORS, Part, lab_of

if TYPE_CHECKING:
    from audit_rules.case import Case
    from audit_rules.icd import Coded
    from audit_rules.lines import Lines

LATER = frozenset({"course", "form", "prn", "dx"})
LAB = "lab:"
WORKED_OUT = frozenset({"egfr", "crcl"})  # from creatinine, where they are not measured
SELDOM = ("icd", LAB, "with", "lactating", "pregnant", "week", "days", "age", "sex", "weight")
MOST_KEPT = 10_000


def asked_later(part: Part) -> bool:
    """Whether a part looks at the line or its dose, costs more than all others together, or turns a comparison round."""
    return part.asks in LATER or part.asks.startswith("dose") or (bool(part.sign) and part.negated)


def often(part: Part) -> int:
    """How often a part is true, roughly: least where it rules most cases out."""
    if part.negated or part.asks == "without":
        return len(SELDOM)
    return next(place for place, asks in enumerate(SELDOM) if part.asks.startswith(asks))


class Bounds:
    """Comparisons of one number with many bounds."""

    def __init__(self, parts: Iterable[tuple[Part, int]]) -> None:
        known = list(parts)
        self._bounds = sorted({part.bound for part, _ in known})
        self._masks = [
            sum(bit for part, bit in known if OPERATORS[part.sign](value, part.bound))
            for value in self._samples()
        ]

    def _samples(self) -> list[Decimal]:
        """One value for each place there is: below the first bound, on it, between it and the next, and so on."""
        after = [(one + next_) / 2 for one, next_ in zip(self._bounds, self._bounds[1:], strict=False)]
        pairs = zip(self._bounds, [*after, self._bounds[-1] + 1], strict=True)
        return [self._bounds[0] - 1, *(value for pair in pairs for value in pair)]

    def true_at(self, value: Decimal | int) -> int:
        """The bits that are true of a value."""
        bounds = self._bounds
        place = bisect_left(bounds, value)
        return self._masks[2 * place + (place < len(bounds) and bounds[place] == value)]


class Truths:
    """Every part that is not asked later, with its bit."""

    def __init__(self, parts: Iterable[Part], members: Callable[[str], frozenset[str]]) -> None:
        self.bits = {part: 1 << place for place, part in enumerate(dict.fromkeys(parts))}
        compared: dict[str, list[tuple[Part, int]]] = defaultdict(list)
        self._icd: list[tuple[Part, int]] = []
        self._told: dict[tuple[str, object], int] = defaultdict(int)  # sex, pregnancy and nursing as recorded
        taken: list[tuple[Part, int]] = []
        for part, bit in self.bits.items():
            if part.sign:
                compared[part.asks].append((part, bit))
            elif part.asks == "icd":
                self._icd.append((part, bit))
            elif part.asks in ("with", "without"):
                taken.append((part, bit))
            elif part.asks == "sex":
                for sex in ("male", "female"):
                    self._told["sex", sex] |= bit if (sex in part.names) is not part.negated else 0
            else:
                self._told[part.asks, not part.negated] |= bit
        self._bounds = {asks: Bounds(found) for asks, found in compared.items()}
        self._labs = {asks[4:]: self._bounds[asks] for asks in sorted(compared) if asks.startswith(LAB)}
        self._healthy = sum(bit for part, bit in self._icd if part.negated)
        self._alone = sum(bit for part, bit in taken if (part.asks == "without") is not part.negated)
        self._turned: dict[str, int] = defaultdict(int)  # by ingredient what it makes true, or no longer true
        for part, bit in taken:
            for key in frozenset[str]().union(*map(members, part.names)):
                self._turned[key] |= bit
        self._of_code: dict[tuple[str, bool], int] = {}

    def of(self, case: "Case") -> int:
        """The bits that are true of a case."""
        patient, bounds, told = case.patient, self._bounds, self._told
        true = self._of_codes(patient.coded) | self._of_drugs(case) | told.get(("sex", patient.sex), 0)
        if "age" in bounds:
            true |= bounds["age"].true_at(patient.age_years)
        if "days" in bounds:
            true |= bounds["days"].true_at(patient.age_days)
        true |= told.get(("pregnant", patient.pregnant), 0) | told.get(("lactating", patient.lactating), 0)
        if "week" in bounds and patient.pregnancy_weeks is not None:
            true |= bounds["week"].true_at(patient.pregnancy_weeks)
        if "weight" in bounds and patient.weight_kg is not None:
            true |= bounds["weight"].true_at(patient.weight_kg)
        return true | self._of_labs(case) if patient.lab_codes else true

    def _of_labs(self, case: "Case") -> int:
        measured, true = case.patient.lab_codes, 0
        asked = self._labs.keys() & measured
        if "creatinine" in measured:
            asked |= self._labs.keys() & WORKED_OUT
        for code in asked:
            lab = lab_of(case, code)
            true |= self._labs[code].true_at(lab.value) if lab is not None else 0
        return true

    def _of_codes(self, coded: "Coded") -> int:
        kept: int | None = coded.memory.get(self)
        if kept is None:
            met = 0
            for codes, past in ((coded.present, False), (coded.past, True)):
                for code in codes:
                    met |= self._met(code, past)
            kept = coded.memory[self] = self._healthy ^ met
        return kept

    def _met(self, code: str, past: bool) -> int:
        """The parts that a code meets; that of a past disease only those that ask for the past."""
        found = self._of_code.get((code, past))
        if found is None:
            if len(self._of_code) >= MOST_KEPT:
                self._of_code.clear()
            parts = (each for each in self._icd if each[0].asks_past or not past)
            found = sum(bit for part, bit in parts if code.startswith(part.names))
            self._of_code[(code, past)] = found
        return found

    def _of_drugs(self, case: "Case") -> int:
        turned = self._of_lines(case.lines)
        if case.has_past:
            for past in case.open_past:
                turned |= self._turned.get(past.ingredient, 0)
        return self._alone ^ turned

    def _of_lines(self, lines: "Lines") -> int:
        kept: int | None = lines.memory.get(self)
        if kept is None:
            kept = 0
            for key in lines.ingredients:
                kept |= self._turned.get(key, 0)
            lines.memory[self] = kept
        return kept
