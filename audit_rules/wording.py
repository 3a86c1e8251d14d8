"""How findings name drugs and days: the same words in every rule."""

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from audit_rules.report import Text

if TYPE_CHECKING:
    from audit_rules.case import Case
    from audit_rules.catalogue import Catalogue
    from audit_rules.lines import Lines


def named(case: "Case | Lines", keys: Iterable[str]) -> Text:
    """Ingredients as people read them: Chinese name, and the key, which is the English name or pinyin."""
    return _named(case.catalogue, tuple(keys))


@lru_cache(maxsize=8192)
def _named(catalogue: "Catalogue", keys: tuple[str, ...]) -> Text:
    listed = dict.fromkeys(keys)
    rows = catalogue.ingredients
    return Text("、".join(rows[key].zh or key if key in rows else key for key in listed), ", ".join(listed))


def number(value: Decimal) -> str:
    """A decimal as people write it: 3, 0.5, 112; never 3.0 or 1.12E+2."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
