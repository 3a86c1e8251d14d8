"""A course longer than the label allows."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit_rules.case import Case
from audit_rules.items import Reading
from audit_rules.limits import by_route
from audit_rules.quantities import shown
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

if TYPE_CHECKING:
    from audit_rules.catalogue import Catalogue


@rule(
    id="DUR001",
    title=Text("疗程过长", "The course is too long"),
    category="duration",
    severity=Severity.MAJOR,
    ingredients=lambda catalogue: frozenset(catalogue.table("durations")),
    line=lambda reading, catalogue: _long(reading, catalogue),
)
def course_too_long(case: Case) -> Iterator[Hit | Gap]:
    """More days in one line than the label allows in one course. Diseases that need longer courses are left out.

    Why it matters: ketorolac beyond five days bleeds; metoclopramide beyond three months leaves tremor for life.
    What to do: shorten the course, or change the drug.
    """
    table = case.catalogue.table("durations")
    for use in case.uses:
        days = use.item.days
        if days is None:
            continue
        met = [
            row
            for row in table.get(use.ingredient, ())
            if days > row.max_days
            and by_route(row.routes, use.item)
            and not (row.except_icd and case.has_icd(row.except_icd))
        ]
        if not met:
            continue
        row = max(met, key=lambda row: row.severity)
        drug = named(case, (use.ingredient,))
        most, written = shown(row.max_days), shown(days)
        yield Hit(
            lines=(use.line,),
            drugs=(use.ingredient,),
            message=Text(
                f"{drug.zh}开具{written}日，疗程上限{most}日：{row.zh}",
                f"{drug.en} for {written} days; at most {most}: {row.en}",
            ),
            action=Text(f"缩短至{most}日以内或换药", f"no more than {most} days, or another drug"),
            evidence={"days": written, "limit": most},
            severity=row.severity,
            sources=(row.source,),
            cause=f"duration:{use.line}:{use.ingredient}",
        )


def _long(reading: Reading, catalogue: "Catalogue") -> bool:
    """Whether the line is longer than some row of its drugs allows."""
    days, rows = reading.item.days, catalogue.table("durations")
    return days is not None and any(
        days > row.max_days for key in reading.item.ingredients for row in rows.get(key, ())
    )
