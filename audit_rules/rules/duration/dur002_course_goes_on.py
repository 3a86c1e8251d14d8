"""A short course that is prescribed again and again."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from audit_rules.case import Case
from audit_rules.items import Use
from audit_rules.knowledge.dose_rows import DurationLimit
from audit_rules.limits import by_route
from audit_rules.past import Past
from audit_rules.quantities import shown
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

PAUSE = timedelta(days=2)  # a pause this short does not end a course


class Course(NamedTuple):
    """An unbroken supply up to today's prescription."""

    begun: date
    past: tuple[Past, ...]


@rule(
    id="DUR002",
    title=Text("连续处方疗程过长", "Prescriptions in a row make the course too long"),
    category="duration",
    severity=Severity.MAJOR,
    refs=("CN-APP-021",),
    ingredients=lambda catalogue: frozenset(catalogue.table("durations")),
)
def course_goes_on(case: Case) -> Iterator[Hit | Gap]:
    """Supplies of any institution that follow each other without a real pause and together exceed the longest course.

    Only limits of level major are counted over prescriptions; a single line beyond the limit is the other rule's.

    Why it matters: five days of ketorolac from three institutions are fifteen days for the stomach.
    What to do: stop, look for bleeding and kidney injury, choose another drug.
    """
    for use in case.uses:
        for row in case.catalogue.table("durations").get(use.ingredient, ()):
            days = use.item.days
            if row.severity < Severity.MAJOR or days is None or days > row.max_days:
                continue
            if not by_route(row.routes, use.item) or (row.except_icd and case.has_icd(row.except_icd)):
                continue
            course = _course(case, use, row)
            whole = (case.issued_on - course.begun).days + days
            if course.past and whole > row.max_days:
                yield _hit(case, use, row, course, shown(whole))


def _course(case: Case, use: Use, row: DurationLimit) -> Course:
    begun = case.issued_on
    counted: list[Past] = []
    earlier = [p for p in case.past if p.ingredient == use.ingredient and p.source == "history"]
    for past in sorted(earlier, key=lambda p: p.issued_on, reverse=True):
        if past.ends_on is None or not by_route(row.routes, past.item):
            continue
        if past.ends_on + PAUSE < begun:
            break
        begun = min(begun, past.issued_on)
        counted.append(past)
    return Course(begun, tuple(counted))


def _hit(case: Case, use: Use, row: DurationLimit, course: Course, whole: str) -> Hit:
    drug, most = named(case, (use.ingredient,)), shown(row.max_days)
    return Hit(
        lines=(use.line,),
        drugs=(use.ingredient,),
        message=Text(
            f"{drug.zh}自{course.begun.isoformat()}起连续处方，合计{whole}日，疗程上限{most}日：{row.zh}",
            f"{drug.en} without a pause since {course.begun.isoformat()}, {whole} days in all; at most {most}: {row.en}",
        ),
        action=Text("停用或换药并评估损害", "stop or change it, and look for harm"),
        evidence={"begun": course.begun.isoformat(), "days": whole, "limit": most},
        severity=row.severity,
        history=tuple(past.ref for past in course.past),
        sources=(row.source,),
        cause=f"duration:{use.line}:{use.ingredient}",
    )
