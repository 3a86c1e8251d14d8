"""A whole day's dose of an aminoglycoside, several times a day."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.causes import dose_cause
from audit_rules.limits import told
from audit_rules.often import may_exceed, too_often
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="FRQ003",
    title=Text("每日一次剂量重复给药", "A once-daily dose repeated within the day"),
    category="frequency",
    severity=Severity.CRITICAL,
    refs=("CN-APP-005",),
    ingredients=lambda catalogue: frozenset(
        key
        for key, rows in catalogue.table("frequency_limits").items()
        if any(row.min_per_kg is not None for row in rows)
    ),
    lines=lambda lines, _: may_exceed(lines),
)
def once_daily_dose_repeated(case: Case) -> Iterator[Hit | Gap]:
    """An aminoglycoside dose that is large enough for a day, in mg per kg, given more than once a day.

    Without a weight nothing can be said here; the child's dose rule names that gap.

    Why it matters: the two regimens differ threefold; mixing them takes hearing and kidneys.
    What to do: give it once a day, or a third of it every eight hours; follow levels.
    """
    for use, row in too_often(case):
        if row.min_per_kg is None or use.single is None or case.patient.weight_kg is None:
            continue
        drug = named(case, (use.ingredient,))
        per_kg = round(use.single.value / case.patient.weight_kg, 1)
        written = use.item.raw.frequency
        yield Hit(
            lines=use.lines,
            drugs=(use.ingredient,),
            message=Text(
                f"{drug.zh}每次{told(use.single)}（{per_kg} mg/kg）已是一日量，却写为{written}",
                f"{drug.en} {told(use.single)} ({per_kg} mg/kg) is a whole day's dose, but written {written}",
            ),
            action=Text(
                "改为每日一次，或把日剂量分次；监测血药浓度",
                "once a day, or divide the day's dose; follow levels",
            ),
            evidence={
                "per_kg": f"{per_kg} mg/kg",
                "weight": f"{case.patient.weight_kg} kg",
                "frequency": str(written),
            },
            severity=row.severity,
            sources=(row.source,),
            cause=f"frequency:{use.line}:{use.ingredient}",
            part_of=(dose_cause(use.line, use.ingredient),),
            specific=True,
        )
