"""The patient's allergies as rules see them: what is meant, how the patient reacted, which drugs it names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from audit_rules.knowledge.allergy_rows import FOOD, NO_ALLERGY, OTHER, substance
from audit_rules.names import plain
from audit_rules.rx1 import Allergy

if TYPE_CHECKING:
    from audit_rules.case import Case

SEPARATORS = re.compile(r"[、,，;；]|\band\b|及")
SEVERE = frozenset({"severe", "life-threatening", "life_threatening", "fatal", "严重", "重度", "危及生命"})
# ICD-10 Z88: personal history of allergy to drugs
CODED = {"Z880": "class:penicillin_class", "Z882": "class:sulfonamide_antibacterial"}


@dataclass(frozen=True, slots=True)
class Known:
    """One allergy understood. `ingredients` are what it names directly; `foods` hold no drug themselves."""

    written: str
    target: str  # class:x | group:x | food:x | ingredients joined by +
    ingredients: frozenset[str]
    kinds: frozenset[str]  # anaphylaxis, respiratory, skin, severe_skin, intolerance; empty = not said

    @property
    def whole_class(self) -> bool:
        """Whether a class was named and not one drug."""
        return self.target.startswith(("class:", "group:"))

    @property
    def intolerance(self) -> bool:
        """Whether only side effects are recorded, no allergy."""
        return self.kinds == {"intolerance"}


@lru_cache(maxsize=8)  # several rules ask in turn about one case
def known(case: "Case") -> tuple[Known, ...]:
    """Every allergy that is understood and concerns drugs or foods, in the order of the record."""
    return tuple(_all_known(case))


def _all_known(case: "Case") -> Iterator[Known]:
    for written, record, target in read(case):
        if target in (None, NO_ALLERGY, OTHER):
            continue
        yield _known(case, written, target, _kinds(case, record))
    for code in case.patient.codes:
        if target := CODED.get(code[:4]):
            yield _known(case, code, target, frozenset())


def not_understood(case: "Case") -> tuple[Allergy, ...]:
    """Records with a substance that no table knows."""
    return tuple(dict.fromkeys(record for _, record, target in read(case) if target is None))


@lru_cache(maxsize=8)
def read(case: "Case") -> tuple[tuple[str, Allergy, str | None], ...]:
    """Each substance as written, its record, and what it means; None = no table knows it."""
    return tuple(_read(case))


def _read(case: "Case") -> Iterator[tuple[str, Allergy, str | None]]:
    for record in case.patient.allergies:
        written = (record.substance or "").strip()
        if not written:
            continue
        target = _target(case, written)
        if target is not None:
            yield written, record, target
            continue
        for part in filter(None, (part.strip() for part in SEPARATORS.split(written))):
            yield part, record, _target(case, part)


def _target(case: "Case", written: str) -> str | None:
    allergens: dict[str, str] = case.catalogue.table("allergens")

    def lookup(word: str) -> str | None:
        if target := allergens.get(word):
            return target
        meaning = case.catalogue.drugs.find(word)
        return "+".join(meaning.ingredients) if meaning else None

    return substance(written, lookup)


def _known(case: "Case", written: str, target: str, kinds: frozenset[str]) -> Known:
    groups: dict[str, frozenset[str]] = case.catalogue.table("allergy_groups")
    if target.startswith(FOOD):
        direct: frozenset[str] = frozenset()
    else:
        direct = groups.get(target) or frozenset(target.split("+"))
    return Known(written, target, direct, kinds)


def _kinds(case: "Case", record: Allergy) -> frozenset[str]:
    kinds: dict[str, str] = case.catalogue.table("allergy_reactions")
    said = record.reaction or ""
    words = [said, *SEPARATORS.split(said)]
    found = {kinds[word] for word in map(plain, words) if word in kinds}
    # A reaction called severe without a word that says how is treated as the worst kind.
    if plain(record.severity or "") in SEVERE and not found & {"anaphylaxis", "severe_skin", "respiratory"}:
        found.add("anaphylaxis")
    return frozenset(found)
