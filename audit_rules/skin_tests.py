"""What a written skin test says, and whether a course under way makes another one needless."""

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from audit_rules.items import Item
from audit_rules.knowledge.injection_rows import SkinTest
from audit_rules.memo import per_case
from audit_rules.names import plain
from audit_rules.past import Past

if TYPE_CHECKING:
    from audit_rules.case import Case
    from audit_rules.lines import Lines

HOURS_A_DAY = 24
_NOTE = re.compile(
    r"\s*(?:\([^()+-]+\)|\[[^\]]*\]|(?:批号|lot|batch)[:\s]*\S+|\d{4}[-./年]\d{1,2}[-./月]\d{1,2}日?)\s*"
)
_OF_WHAT = re.compile(r"(?P<drug>.+?)\s*(?:皮肤试验|皮试|skin test)\s*[::]?\s*(?P<result>\S.*)")


def result(case: "Case | Lines", item: Item) -> str | None:
    """`negative`, `positive`, `exempt`, `pending`, `desensitised`, or None where nothing or nothing known is written.

    Notes of lot and day do not count, and the drug tested may stand before the result: it must be of the group of the
    line, or the result is another drug's.
    """
    if not item.skin_test:
        return None
    words: dict[str, str] = case.catalogue.table("skin_test_words")
    said = plain(item.skin_test)
    for written in (said, plain(_NOTE.sub(" ", said))):
        if found := words.get(written):
            return found
        of_what = _OF_WHAT.fullmatch(written)
        if of_what and _same_group(case, item, of_what["drug"]):
            return words.get(of_what["result"])
    return None


def _same_group(case: "Case | Lines", item: Item, drug: str) -> bool:
    meaning = case.catalogue.drugs.find(drug)
    if meaning is None:
        return False
    tests: dict[str, SkinTest] = case.catalogue.table("skin_tests")

    def groups(keys: tuple[str, ...]) -> set[str]:
        return {tests[key].group if key in tests else key for key in keys}

    return not groups(meaning.ingredients).isdisjoint(groups(item.ingredients))


def continued(case: "Case", test: SkinTest) -> Past | None:
    """The earlier course of the same drug, tested negative, that ended no longer ago than the test holds."""
    if test.valid_hours is None or not case.has_past:
        return None
    for past in reversed(case.past):
        if past.ingredient != test.ingredient or past.ends_on is None:
            continue
        hours = Decimal(past.days_since_end(case.issued_on) * HOURS_A_DAY)
        if hours <= test.valid_hours and result(case, past.item) in ("negative", "exempt"):
            return past
    return None


@per_case
def positive_before(case: "Case") -> tuple[Past, ...]:
    """Earlier lines of tested drugs with a positive result that no later test of the group, today's too, took back."""
    tests: dict[str, SkinTest] = case.catalogue.table("skin_tests")
    found: dict[str, Past] = {}
    for past in case.past:
        if past.item.skin_test and past.ingredient in tests:
            group = tests[past.ingredient].group
            said = result(case, past.item)
            if said in ("positive", "desensitised"):
                found[group] = past
            elif said == "negative":
                found.pop(group, None)
    for item in case.items if found else ():
        if result(case, item) == "negative":
            for key in item.ingredients:
                found.pop(tests[key].group if key in tests else "", None)
    return tuple(found.values())
