"""What a written drug name means. Exactly: a known name, or a known name with one dosage-form word, or known
parts.

Never by substring and never by likeness: 白附子 is not 附子. What is not found stays unknown and is said to
be unknown.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from audit_rules.knowledge.drug_rows import Component, Form, Ingredient, Name
from audit_rules.knowledge.tables import Tables
from audit_rules.names import plain


class Meaning(NamedTuple):
    """Ingredients of a name, the dosage form it names, and its components where they are fixed."""

    ingredients: tuple[str, ...]
    form: Form | None
    components: tuple[Component, ...]


class Drugs:
    """The dictionary of drug names."""

    def __init__(self, tables: Tables, extra_names: Mapping[str, tuple[str, ...]]) -> None:
        self._names: dict[str, Name] = tables.table("names")
        self._forms: dict[str, Form] = tables.table("forms")
        self._compounds: dict[str, tuple[Component, ...]] = tables.table("compounds")
        known: dict[str, Ingredient] = tables.table("ingredients")
        self._by_form = {form.form: form for form in reversed(self._forms.values())}
        self._extra = {plain(name): tuple(keys) for name, keys in extra_names.items()}
        for name, keys in self._extra.items():
            if not keys or set(keys) - set(known):
                raise ValueError(
                    f"the local name {name!r} means {sorted(keys)}, which are not all known ingredients"
                )
        self.find = lru_cache(maxsize=20_000)(self._find)

    def form(self, written: str | None) -> Form | None:
        """The dosage form of a written word, or None."""
        return self._forms.get(plain(written)) if written else None

    def readings(self, written: str) -> tuple[Meaning, ...]:
        """Every meaning a name can have: one = understood, several = ambiguous (then `find` says None), none = unknown."""
        word = plain(written)
        if exact := self._exact(word):
            return (exact,)
        found = self._with_forms(word)
        if len(found) != 1 and (parts := self._of_parts(word)):
            return (parts,)
        return found

    def _find(self, written: str) -> Meaning | None:
        found = self.readings(written)
        return found[0] if len(found) == 1 else None

    def _exact(self, word: str, form: Form | None = None) -> Meaning | None:
        if name := self._names.get(word):
            form = form or self._by_form.get(name.form)
            return Meaning(name.ingredients, form, self._compounds.get(word, ()))
        if keys := self._extra.get(word):
            return Meaning(keys, form, ())
        return None

    def _with_forms(self, word: str) -> tuple[Meaning, ...]:
        fronts = [(0, None), *self._cuts(word, "prefix")]
        backs = [(len(word), None), *self._cuts(word, "suffix")]
        found: dict[tuple[str, ...], Meaning] = {}
        for start, front in fronts:
            for end, back in backs:
                if (front or back) and start < end:
                    meaning = self._exact(word[start:end].strip(), front or back)  # 吸入用…混悬液 is inhaled
                    if meaning:
                        fixed = meaning.components or self._compounds.get(word, ())
                        found.setdefault(
                            tuple(sorted(meaning.ingredients)), meaning._replace(components=fixed)
                        )
        return tuple(found.values())

    def _cuts(self, word: str, position: str) -> list[tuple[int, Form]]:
        """Where a listed form word ends (prefix) or starts (suffix); Latin words only at a space. Longest
        first.
        """
        places = range(len(word) - 1, 0, -1) if position == "prefix" else range(1, len(word))
        found = []
        for place in places:
            piece, rest = (
                (word[:place], word[place:]) if position == "prefix" else (word[place:], word[:place])
            )
            form = self._forms.get(piece)
            apart = rest[0] == " " if position == "prefix" else rest[-1] == " "
            if form is not None and form.position == position and (apart or not piece.isascii()):
                found.append((place, form))
        return found

    def _of_parts(self, word: str) -> Meaning | None:
        parts = [self._exact(part.strip()) for part in word.split("/")]
        if len(parts) < 2 or None in parts:
            return None
        keys = tuple(dict.fromkeys(key for part in parts if part for key in part.ingredients))
        return Meaning(keys, None, self._compounds.get(word, ()))
