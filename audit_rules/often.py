"""Which frequency limits a use exceeds. Shared by the frequency rules."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from audit_rules.items import Use
from audit_rules.knowledge.dose_rows import FrequencyLimit
from audit_rules.limits import by_route
from audit_rules.memo import per_lines_or_case
from audit_rules.together import at_once

if TYPE_CHECKING:
    from audit_rules.case import Case
    from audit_rules.lines import Lines

SLACK = Decimal("1.1")  # once a month is written as every 28 or every 30 days


def too_often(case: "Case") -> Iterator[tuple[Use, FrequencyLimit]]:
    """Each use with each limit that its frequency exceeds. Once-only and open frequencies exceed none."""
    for use, row in exceeded(case):
        if _meets(case, use, row):
            yield use, row


@per_lines_or_case
def exceeded(case: "Case") -> tuple[tuple[Use, FrequencyLimit], ...]:
    """Each use with each row of its drug that its frequency exceeds, before the patient is looked at."""
    table: dict[str, tuple[FrequencyLimit, ...]] = case.catalogue.table("frequency_limits")
    found: list[tuple[Use, FrequencyLimit]] = []
    for use in at_once(case):
        frequency = use.item.frequency
        if frequency is None or frequency.once or frequency.per_day is None:
            continue
        rows = table.get(use.ingredient, ())
        found += [(use, row) for row in rows if frequency.per_day > row.times / row.days * SLACK]
    return tuple(found)


def _meets(case: "Case", use: Use, row: FrequencyLimit) -> bool:
    if not by_route(row.routes, use.item) or (row.forms and use.item.form not in row.forms):
        return False
    if row.except_icd and case.has_icd(row.except_icd):
        return False
    if row.min_single is not None:
        return use.single is not None and use.single.unit == row.unit and use.single.value >= row.min_single
    if row.min_per_kg is not None:
        weight = case.patient.weight_kg
        return bool(use.single and weight and use.single.value / weight >= row.min_per_kg)
    return True


def may_exceed(lines: "Lines") -> bool:
    """Whether some frequency could be too high for these lines, before a case is looked at."""
    return lines.repeats or bool(exceeded(lines))
