"""The patient's allergies as rules see them: what is meant, how the patient reacted, which drugs it names."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from audit_rules.knowledge.allergy_rows import NO_ALLERGY, NO_DRUG, OTHER, substance
from audit_rules.memo import per_case
from audit_rules.names import plain
from audit_rules.rx1 import Allergy
from audit_rules.skin_tests import positive_before

if TYPE_CHECKING:
    from audit_rules.case import Case
    from audit_rules.catalogue import Catalogue

SEPARATORS = re.compile(r"[、,，;；。/\n]|\band\b|[及和与]")
TOLD = re.compile(SEPARATORS.pattern.removesuffix("]") + "伴并]|\\bwith\\b")  # reactions, one from the other
WHEN = (
    "服药后", "用药后", "口服后", "服用后", "使用后", "输液后", "注射后", "既往", "曾", "出现", "引起", "导致", "发生", "有",
    "轻度", "轻微", "明显", "偶有", "刺激性", "持续性", "mild ", "slight ", "some ", "only ",
)  # fmt: skip
SEVERE = frozenset({"severe", "life-threatening", "life_threatening", "fatal", "严重", "重度", "危及生命"})
# ICD-10 Z88: personal history of allergy to drugs; what the other codes name is too wide to compare with a drug
CODED = {
    "Z880": "class:penicillin_class",
    "Z882": "class:sulfonamide_antibacterial",
    "Z885": "class:opioid",
    "Z886": "group:nsaid",
}
TOO_WIDE = ("Z881", "Z883", "Z884", "Z887", "Z888", "Z889")
SKIN = frozenset(("skin",))
# What a positive skin test of a group means.
TESTED = {"penicillin": "class:penicillin_class", "antitoxin": "group:horse_serum"}
LOWERED = {"intolerance", "tolerated"}  # kinds that take the weight off a record


class Known(NamedTuple):
    """One allergy understood. `ingredients` are what it names directly; `foods` hold no drug themselves."""

    written: str
    target: str  # class:x | group:x | food:x … | ingredients joined by +
    ingredients: frozenset[str]
    kinds: frozenset[str]  # see Reaction; empty = not said
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
        return "intolerance" in self.kinds and self.kinds <= LOWERED

    @property
    def tolerated(self) -> bool:
        """Whether the record says that it was taken since without a reaction."""
        return "tolerated" in self.kinds

    def names(self, ingredient: str, contents: dict[str, frozenset[str]]) -> bool:
        """Whether the record names the ingredient itself, or a piece that this patent medicine holds."""
        return ingredient in self.ingredients or not self.ingredients.isdisjoint(contents.get(ingredient, ()))


class Read(NamedTuple):
    """One written substance, how the patient reacted to it, where it is recorded. `target` None = no table knows it."""

    written: str
    target: str | None
    kinds: frozenset[str]
    recorded: str


def recorded(case: "Case") -> bool:
    """Whether anybody recorded anything about allergies, here or earlier, in words or as a code."""
    if case.patient.allergies or "Z88" in case.patient.heads:
        return True
    return case.has_past and (_recorded_before(case) or bool(positive_before(case)))


@per_case
def _recorded_before(case: "Case") -> bool:
    return any(earlier.patient.allergies for earlier in case.linked)


@lru_cache(maxsize=4096)
def _coded(codes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Codes that say allergy, with what they mean."""
    return tuple((code, CODED[code[:4]]) for code in codes if code[:4] in CODED)


def _too_wide(codes: tuple[str, ...]) -> tuple[Read, ...]:
    return tuple(Read(code, None, frozenset(), "") for code in codes if code.startswith(TOO_WIDE))


@per_case
def known(case: "Case") -> tuple[Known, ...]:
    """Every allergy that is understood and concerns drugs or foods, in the order of the record."""
    found = [
        _known(case, read.written, read.target, read.kinds, read.recorded)
        for read in _read(case)
        if read.target not in (None, NO_ALLERGY, OTHER)
    ]
    for code, target in _coded(case.patient.codes):
        found.append(_known(case, code, target, frozenset(), ""))
    return (*found, *_tested_positive(case))


def _tested_positive(case: "Case") -> Iterator[Known]:
    """Drugs whose skin test was positive on an earlier prescription and was not negative since."""
    for past in positive_before(case) if case.has_past else ():
        recorded = f"{past.institution} {past.issued_on.isoformat()}"
        group = case.catalogue.table("skin_tests")[past.ingredient].group
        target = TESTED.get(group, past.ingredient)
        yield _known(case, f"{past.item.name} {past.item.skin_test}", target, SKIN, recorded)


def not_understood(case: "Case") -> tuple[Read, ...]:
    """Substances that no table knows; a code that names too much, where no substance is listed beside it."""
    listed = _read(case)
    coded = () if any(read.target != NO_ALLERGY for read in listed) else _too_wide(case.patient.codes)
    return (*(read for read in listed if read.target is None), *coded)


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
        said = _kinds(catalogue, record)
        target, kinds = _meant(catalogue, written)
        if target is not None:
            found.append(Read(written, target, said | kinds, recorded))
            continue
        for part in filter(None, map(str.strip, SEPARATORS.split(written))):
            target, kinds = _meant(catalogue, part)
            found.append(Read(part, target, said | kinds, recorded))
    return tuple(found)


@lru_cache(maxsize=4096)  # the same few hundred words come again and again
def _meant(catalogue: "Catalogue", written: str) -> tuple[str | None, frozenset[str]]:
    allergens: dict[str, str] = catalogue.table("allergens")
    reactions: dict[str, str] = catalogue.table("allergy_reactions")

    def lookup(word: str) -> str | None:
        if target := allergens.get(word):
            return target
        meaning = catalogue.drugs.find(word)
        return "+".join(meaning.ingredients) if meaning else None

    def reaction(word: str) -> frozenset[str]:
        return frozenset((reactions[word],)) if word in reactions else frozenset()

    return substance(written, lookup, reaction)


def _known(case: "Case", written: str, target: str | None, kinds: frozenset[str], recorded: str) -> Known:
    target = target or ""
    groups: dict[str, frozenset[str]] = case.catalogue.table("allergy_groups")
    if target.startswith(NO_DRUG):
        direct: frozenset[str] = frozenset()
    else:
        direct = groups.get(target) or frozenset(target.split("+"))
    return Known(written, target, direct, kinds, recorded)


def _kinds(catalogue: "Catalogue", record: Allergy) -> frozenset[str]:
    kinds: dict[str, str] = catalogue.table("allergy_reactions")
    said = plain(record.reaction or "")
    parts = [said] if said in kinds else [_bare(part, kinds) for part in TOLD.split(said) if part.strip()]
    found = {kinds[part] for part in parts if part in kinds}
    # A longer text counts for the reactions that it names; only one that says nothing else is harmless.
    found |= {kind for word, kind in kinds.items() if kind not in LOWERED and _says(said, word)}
    if found <= LOWERED and any(part not in kinds for part in parts):
        found = set()
    if plain(record.severity or "") in SEVERE and not found & {"anaphylaxis", "severe_skin", "respiratory"}:
        found.add("anaphylaxis")  # called severe, without a word that says how: treated as the worst kind
    return frozenset(found)


def _bare(part: str, kinds: dict[str, str]) -> str:
    """A part of a reaction without the closed words that only tell when or how much."""
    word = part.strip(" .。")
    while word not in kinds:
        before = next((b for b in WHEN if word.startswith(b) and len(word) > len(b)), None)
        if before is None:
            return word
        word = word.removeprefix(before).strip()
    return word


def _says(text: str, word: str) -> bool:
    at = text.find(word)
    if at < 0 or not word.isascii():
        return at >= 0
    return re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", text) is not None
