"""Whether a patient meets the label's criteria for a reduced dose. Shared by the rules of too much and too little."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from audit_rules.items import Use
from audit_rules.knowledge.regimen_rows import Reduction
from audit_rules.limits import by_route
from audit_rules.memo import listed

if TYPE_CHECKING:
    from audit_rules.case import Case


class Judged(NamedTuple):
    """One regular use with a reduction row of its disease. `met` None = hangs on what the record does not say."""

    use: Use
    row: Reduction
    met: bool | None
    true: int  # criteria known to be met
    evidence: dict[str, str]


@listed
def judged(case: "Case") -> Iterator[Judged]:
    """Each use with each row that concerns it; doses given once are left out."""
    table: dict[str, tuple[Reduction, ...]] = case.catalogue.table("reductions")
    for use in case.uses:
        once = use.item.frequency is not None and use.item.frequency.once
        if once or use.daily is None:
            continue
        for row in table.get(use.ingredient, ()):
            if row.unit == use.daily.unit and by_route(row.routes, use.item) and _concerned(case, row):
                yield _judged(case, use, row)


def _concerned(case: "Case", row: Reduction) -> bool:
    return (not row.icd or case.has_icd(row.icd)) and not (row.except_icd and case.has_icd(row.except_icd))


def _judged(case: "Case", use: Use, row: Reduction) -> Judged:
    truths = [condition.holds(case) for condition in row.conditions]
    true, unknown = truths.count(True), truths.count(None)
    alone = row.alone.holds(case) if row.alone else False
    met: bool | None = alone is True or true >= row.needed
    if not met and (true + unknown >= row.needed or alone is None):
        met = None if true + unknown >= row.needed else False
    evidence: dict[str, str] = {}
    for condition in (*row.conditions, *((row.alone,) if row.alone else ())):
        evidence |= condition.evidence(case)
    return Judged(use, row, met, true, evidence | {"criteria_met": f"{true} ({row.needed} needed)"})
