"""The patient's allergies as rules see them: what is meant, how the patient reacted, which drugs it names."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from audit_rules.knowledge.allergy_rows import FOOD, NO_ALLERGY, OTHER, substance
from audit_rules.memo import per_case
from audit_rules.names import plain
from audit_rules.rx1 import Allergy

if TYPE_CHECKING:
    from audit_rules.case import Case
    from audit_rules.catalogue import Catalogue

SEPARATORS = re.compile(r"[、,，;；]|\band\b|[及和]")
SEVERE = frozenset({"severe", "life-threatening", "life_threatening", "fatal", "严重", "重度", "危及生命"})
# ICD-10 Z88: personal history of allergy to drugs
CODED = {"Z880": "class:penicillin_class", "Z882": "class:sulfonamide_antibacterial"}


class Known(NamedTuple):
    """One allergy understood. `ingredients` are what it names directly; `foods` hold no drug themselves."""

    written: str
    target: str  # class:x | group:x | food:x | ingredients joined by +
    ingredients: frozenset[str]
    kinds: frozenset[str]  # anaphylaxis, respiratory, skin, severe_skin, intolerance; empty = not said
    recorded: str  # "" = in this document, else the institution and day of the earlier one

    @property
    def whole_class(self) -> bool:
        """Whether a class was named and not one drug."""
        return self.target.startswith(("class:", "group:"))

    @property
    def evidence(self) -> dict[str, str]:
        """The record as a finding shows it."""
        said = {"allergy": self.written, "reaction": ", ".join(sorted(self.kinds)) or "not said"}
        return said | {"recorded": self.recorded} if self.recorded else said

    @property
    def intolerance(self) -> bool:
        """Whether only side effects are recorded, no allergy."""
        return self.kinds == {"intolerance"}


class Read(NamedTuple):
    """One written substance with its record. `target` None = no table knows it."""

    written: str
    target: str | None
    record: Allergy
    recorded: str


def recorded(case: "Case") -> bool:
    """Whether anybody recorded anything about allergies, here or earlier, in words or as a code."""
    if case.patient.allergies or _coded(case.patient.codes):
        return True
    return case.has_past and _recorded_before(case)


@per_case
def _recorded_before(case: "Case") -> bool:
    return any(earlier.patient.allergies for earlier in case.linked)


@lru_cache(maxsize=4096)
def _coded(codes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Codes that say allergy, with what they mean."""
    return tuple((code, CODED[code[:4]]) for code in codes if code[:4] in CODED)


@per_case
def known(case: "Case") -> tuple[Known, ...]:
    """Every allergy that is understood and concerns drugs or foods, in the order of the record."""
    found = [
        _known(case, read.written, read.target, _kinds(case, read.record), read.recorded)
        for read in _read(case)
        if read.target not in (None, NO_ALLERGY, OTHER)
    ]
    for code, target in _coded(case.patient.codes):
        found.append(_known(case, code, target, frozenset(), ""))
    return tuple(found)


def not_understood(case: "Case") -> tuple[Read, ...]:
    """Substances that no table knows."""
    return tuple(read for read in _read(case) if read.target is None)


@per_case
def _read(case: "Case") -> tuple[Read, ...]:
    """This document's list, then what other institutions recorded earlier and this one does not say.

    An allergy does not end: a record is never too old, and "none known" does not take an earlier one back.
    """
    found = list(_of_list(case.catalogue, case.patient.allergies, ""))
    if not case.linked:
        return tuple(found)
    seen = {plain(read.written) for read in found}
    last = case.patient.allergies
    for earlier in reversed(case.linked):
        listed = earlier.patient.allergies or ()
        if listed == last:
            continue
        last = listed
        recorded = f"{earlier.institution.code} {earlier.issued_at.date().isoformat()}"
        new = [read for read in _of_list(case.catalogue, listed, recorded) if plain(read.written) not in seen]
        seen |= {plain(read.written) for read in new}
        found += new
    return tuple(found)


@lru_cache(maxsize=4096)  # most lists are short, and alike
def _of_list(catalogue: "Catalogue", records: tuple[Allergy, ...], recorded: str) -> tuple[Read, ...]:
    found: list[Read] = []
    for record in records:
        written = (record.substance or "").strip()
        if not written:
            continue
        target = _meant(catalogue, written)
        parts = SEPARATORS.split(written) if target is None else (written,)
        for part in filter(None, (part.strip() for part in parts)):
            found.append(Read(part, target or _meant(catalogue, part), record, recorded))
    return tuple(found)


@lru_cache(maxsize=4096)  # the same few hundred words come again and again
def _meant(catalogue: "Catalogue", written: str) -> str | None:
    allergens: dict[str, str] = catalogue.table("allergens")

    def lookup(word: str) -> str | None:
        if target := allergens.get(word):
            return target
        meaning = catalogue.drugs.find(word)
        return "+".join(meaning.ingredients) if meaning else None

    return substance(written, lookup)


def _known(case: "Case", written: str, target: str | None, kinds: frozenset[str], recorded: str) -> Known:
    target = target or ""
    groups: dict[str, frozenset[str]] = case.catalogue.table("allergy_groups")
    if target.startswith(FOOD):
        direct: frozenset[str] = frozenset()
    else:
        direct = groups.get(target) or frozenset(target.split("+"))
    return Known(written, target, direct, kinds, recorded)


def _kinds(case: "Case", record: Allergy) -> frozenset[str]:
    kinds: dict[str, str] = case.catalogue.table("allergy_reactions")
    said = record.reaction or ""
    words = [said, *SEPARATORS.split(said)]
    found = {kinds[word] for word in map(plain, words) if word in kinds}
    # A reaction called severe without a word that says how is treated as the worst kind.
    if plain(record.severity or "") in SEVERE and not found & {"anaphylaxis", "severe_skin", "respiratory"}:
        found.add("anaphylaxis")
    return frozenset(found)
