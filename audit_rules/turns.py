"""Whether lines of one drug follow one another (a loading dose and what comes after it, a taper) or are taken together.

A prescription has no field for the day on which a line begins, so it is read from what is written: the instructions,
or doses that a label gives only for the first days, or three and more steps up or down.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from enum import IntEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from audit_rules.items import Use
from audit_rules.limits import ADULT, over, rows_for

if TYPE_CHECKING:
    from audit_rules.case import Case


class Turn(IntEnum):
    """How sure it is that the lines follow one another."""

    NO = 0
    LIKELY = 1  # the doses say so
    WRITTEN = 2  # the instructions say so


SAID = re.compile(
    r"(?<!每周)第\s*[0-9一二三四五六七八九十]+\s*(?:[-~～—至到]\s*[0-9一二三四五六七八九十]+\s*)?[天日周]"
    r"|[前后]\s*[0-9一二三四五六七八九十两]+\s*[天日周]|[首初]\s*[日天周]|然后|随后|继以|后改|改为|序贯|维持量|维持剂量|负荷"
    r"|逐[渐步周]|递[减增]|\b(?:days?|weeks?)\s*[0-9]|\bthen\b|\bloading\b|\btaper|\bfollowed by\b",
    re.IGNORECASE,
)
UNTIMED = frozenset({"qd", "bid", "tid", "qid", "q12h", "q8h", "q6h"})
ANTI_INFECTIVES = ("J01", "J02", "J04", "J05", "P01")
FEW_DAYS = Decimal(3)
FEW_STEPS = 3  # two lines of different dose may be a morning and an evening dose


def in_turn(case: "Case", uses: Sequence[Use]) -> Turn:
    """Whether these lines of one drug are taken one after another."""
    if len(uses) < 2 or any(use.item.days is None or use.item.as_needed for use in uses):
        return Turn.WRITTEN if len(uses) > 1 and any(map(_said, uses)) else Turn.NO
    if any(map(_said, uses)):
        return Turn.WRITTEN
    if len({(use.single, use.daily) for use in uses}) < len(uses):
        return Turn.NO
    return Turn.LIKELY if _first_days(case, uses) or _steps(case, uses) else Turn.NO


def _said(use: Use) -> bool:
    return bool(use.item.instructions and SAID.search(use.item.instructions))


def _first_days(case: "Case", uses: Sequence[Use]) -> bool:
    """One line is for the first days: for one day beside longer lines (an anti-infective for up to three), or a dose that
    the label gives for so long only.
    """
    lengths = [use.item.days for use in uses if use.item.days is not None]
    few = FEW_DAYS if case.ingredient(uses[0].ingredient).atc.startswith(ANTI_INFECTIVES) else Decimal(1)
    if sum(days <= few for days in lengths) == 1 and max(lengths) > 2 * min(lengths):
        return True
    return sum(_loading(case, use) for use in uses) == 1


def _loading(case: "Case", use: Use) -> bool:
    """Whether the dose is above the ordinary limit but within that for a course as short as this."""
    population = "adult" if case.patient.age_years >= ADULT else "child"
    rows = [row for row in rows_for(case, use, population) if row.basis == "total"]
    lasting = [row for row in rows if row.max_days is None]
    return any(
        over(amount, lasting, which) is not None and over(amount, rows, which) is None
        for amount, which in ((use.single, "single_max"), (use.daily, "daily_max"))
    )


def _steps(case: "Case", uses: Sequence[Use]) -> bool:
    """Three or more doses that only rise or only fall from line to line, without a time of day. Insulin in the morning,
    at noon and in the evening looks the same: of high-alert drugs only those that are dosed in steps, or started with a
    loading dose.
    """
    key = uses[0].ingredient
    if "high_alert" in case.ingredient(key).flags and key not in case.members("class:dose_titrated"):
        rows = case.catalogue.table("doses").get(key, ())
        if all(row.max_days is None for row in rows):
            return False
    amounts = [use.daily.value for use in uses if use.daily is not None]
    if len(amounts) < max(len(uses), FEW_STEPS):
        return False
    if any(use.item.frequency is None or use.item.frequency.code not in UNTIMED for use in uses):
        return False
    pairs = list(pairwise(amounts))
    return all(a > b for a, b in pairs) or all(a < b for a, b in pairs)
