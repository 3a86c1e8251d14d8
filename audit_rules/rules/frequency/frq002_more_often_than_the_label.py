"""More doses a day than the label names."""

from collections.abc import Iterator
from decimal import Decimal

from audit_rules.case import Case
from audit_rules.causes import daily_cause
from audit_rules.items import Use
from audit_rules.knowledge.dose_rows import FrequencyLimit
from audit_rules.often import may_exceed, too_often
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

THRICE = Decimal(3)


@rule(
    id="FRQ002",
    title=Text("给药频次高于说明书", "More often than the label says"),
    category="frequency",
    severity=Severity.MODERATE,
    refs=("CN-APP-005",),
    ingredients=lambda catalogue: frozenset(catalogue.table("frequency_limits")),
    lines=lambda lines, _: may_exceed(lines),
)
def more_often_than_the_label(case: Case) -> Iterator[Hit | Gap]:
    """More doses a day than the label names for the drug or its slow-release form. Three times as many need a
    pharmacist.

    Why it matters: long-acting drugs build up; slow-release forms given too often become an overdose.
    What to do: write the label's frequency, or another form or drug.
    """
    for use, row in too_often(case):
        if row.days > 1 or row.min_per_kg is not None:
            continue
        drug = named(case, (use.ingredient,))
        written = use.item.raw.frequency
        yield Hit(
            lines=use.lines,
            drugs=(use.ingredient,),
            message=Text(
                f"{drug.zh}写为{written}，说明书为{row.zh}",
                f"{drug.en} is written {written}; the label: {row.en}",
            ),
            action=Text(f"改为{row.zh}", f"write it as the label says: {row.en}"),
            evidence={"frequency": str(written), "allowed": f"{row.times} / d"},
            severity=max(row.severity, Severity.MAJOR) if _far(use, row) else row.severity,
            refs=("CN-APP-005", *row.refs),
            sources=(row.source,),
            cause=f"frequency:{use.line}:{use.ingredient}",
            part_of=(daily_cause(use.line, use.ingredient),),
        )


def _far(use: Use, row: FrequencyLimit) -> bool:
    """Whether it is given three times as often as the label says."""
    frequency = use.item.frequency
    per_day = frequency.per_day if frequency is not None else None
    return per_day is not None and per_day >= THRICE * row.times / row.days
