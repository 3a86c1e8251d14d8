"""A drug for once a week or less, written for more often."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.causes import daily_cause
from audit_rules.often import may_exceed, too_often
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="FRQ001",
    title=Text("每周用药写成更频繁", "A weekly drug more often than weekly"),
    category="frequency",
    severity=Severity.MAJOR,
    refs=("CN-APP-005",),
    ingredients=lambda catalogue: frozenset(
        key for key, rows in catalogue.table("frequency_limits").items() if any(row.days > 1 for row in rows)
    ),
    lines=lambda lines, _: may_exceed(lines),
)
def weekly_drug_too_often(case: Case) -> Iterator[Hit | Gap]:
    """A drug given every few days, weekly or monthly, prescribed at shorter intervals. Diseases where daily doses
    are right (methotrexate in cancer) are left out, and so are doses given once or on a single day.

    Why it matters: methotrexate taken daily instead of weekly has killed again and again.
    What to do: write the weekday; ask the prescriber; a daily methotrexate outside oncology is never dispensed.
    """
    for use, row in too_often(case):
        per_day = use.item.frequency.per_day if use.item.frequency else None
        if row.days <= 1 or per_day is None or (use.item.days is not None and use.item.days <= 1):
            continue
        drug = named(case, (use.ingredient,))
        written = use.item.raw.frequency
        yield Hit(
            lines=use.lines,
            drugs=(use.ingredient,),
            message=Text(f"{drug.zh}写为{written}：{row.zh}", f"{drug.en} is written {written}: {row.en}"),
            action=Text(f"改为{row.zh}并写明用药日", f"write it {row.en.split(';')[0]}, with the day"),
            evidence={"frequency": str(written), "allowed": f"{row.times} / {row.days} d"},
            severity=row.severity if per_day >= 1 else min(row.severity, Severity.MAJOR),
            refs=("CN-APP-005", *row.refs),
            sources=(row.source,),
            cause=f"frequency:{use.line}:{use.ingredient}",
            part_of=(daily_cause(use.line, use.ingredient),),
            specific=True,
        )
