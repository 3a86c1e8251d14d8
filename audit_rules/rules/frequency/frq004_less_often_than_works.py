"""A drug given too seldom to work."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit_rules.case import Case
from audit_rules.items import Reading, Use
from audit_rules.knowledge.regimen_rows import FrequencyFloor
from audit_rules.limits import by_route
from audit_rules.organs import at_risk, kidney
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

if TYPE_CHECKING:
    from audit_rules.catalogue import Catalogue

HEALTHY = 60  # eGFR from which nobody lengthens an interval


@rule(
    id="FRQ004",
    title=Text("给药频次过低", "Too seldom to work"),
    category="frequency",
    severity=Severity.MODERATE,
    refs=("CN-APP-005",),
    ingredients=lambda catalogue: frozenset(catalogue.table("frequency_floors")),
    line=lambda reading, catalogue: _below_some(reading, catalogue),
)
def less_often_than_works(case: Case) -> Iterator[Hit | Gap]:
    """Fewer doses a day than the drug needs: a beta-lactam drip once a day, a twice-daily anticoagulant once.

    Silent for doses given once, for slow-release forms, for the newborn and where the kidneys are not known to be
    healthy, because there the longer interval may be right.

    Why it matters: a penicillin once a day is gone after six hours; resistance and failure follow.
    What to do: divide the day's dose as the label says, or choose a drug for once a day.
    """
    table: dict[str, tuple[FrequencyFloor, ...]] = case.catalogue.table("frequency_floors")
    for use in case.uses:
        for row in table.get(use.ingredient, ()):
            if _too_seldom(case, use, row) and not _slow_kidney(case):
                yield _hit(case, use, row)


def _below_some(reading: Reading, catalogue: "Catalogue") -> bool:
    """Whether the line by itself is given more seldom than some row of its drugs asks for."""
    frequency = reading.item.frequency
    if frequency is None or frequency.per_day is None:
        return False
    rows = catalogue.table("frequency_floors")
    return any(
        frequency.per_day < r.times / r.days for key in reading.item.ingredients for r in rows.get(key, ())
    )


def _too_seldom(case: Case, use: Use, row: FrequencyFloor) -> bool:
    frequency = use.item.frequency
    if frequency is None or frequency.once or frequency.per_day is None or use.item.as_needed:
        return False
    written = (f.item.frequency for f in case.uses_of(use.ingredient))
    together = sum(f.per_day or 0 for f in written if f is not None)
    single_day = use.item.days is not None and use.item.days <= 1
    if together >= row.times / row.days or single_day or use.item.form in row.except_forms:
        return False
    return by_route(row.routes, use.item) and not (row.except_icd and case.has_icd(row.except_icd))


def _slow_kidney(case: Case) -> bool:
    found = kidney(case, "egfr")
    return at_risk(case) or case.patient.age_days <= 28 or (found is not None and found.low < HEALTHY)


def _hit(case: Case, use: Use, row: FrequencyFloor) -> Hit:
    drug, written = named(case, (use.ingredient,)), use.item.raw.frequency
    return Hit(
        lines=(use.line,),
        drugs=(use.ingredient,),
        message=Text(f"{drug.zh}写为{written}：{row.zh}", f"{drug.en} is written {written}: {row.en}"),
        action=Text("按说明书分次给药", "divide the dose as the label says"),
        evidence={"frequency": str(written), "least": f"{row.times} / {row.days} d"},
        severity=row.severity,
        sources=(row.source,),
        cause=f"low:{use.line}:{use.ingredient}",
    )
