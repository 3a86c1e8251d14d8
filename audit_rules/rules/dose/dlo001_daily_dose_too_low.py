"""A daily dose too low to work, where that harms."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.limits import ADULT, rows_for, slipped, told
from audit_rules.line_doses import daily_below
from audit_rules.organs import at_risk
from audit_rules.quantities import shown
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="DLO001",
    title=Text("日剂量低于有效量", "Daily dose below what works"),
    category="dose_low",
    severity=Severity.MODERATE,
    sources=("cn-audit-dose",),
    refs=("CN-APP-004",),
    ingredients=lambda catalogue: frozenset(
        key for key, rows in catalogue.table("doses").items() if any(row.daily_min for row in rows)
    ),
    line=daily_below,
    when=lambda case: case.patient.age_years >= ADULT,
)
def daily_dose_too_low(case: Case) -> Iterator[Hit | Gap]:
    """An adult's daily dose of an anti-infective or anticoagulant below the smallest that works.

    Silent in old age and kidney disease, where less is right, and for doses given once or as needed.

    Why it matters: too little antibiotic breeds resistance; too little anticoagulant does not prevent the stroke.
    What to do: give the label's dose, or state why less is enough.
    """
    if case.patient.age_years < ADULT or at_risk(case):
        return
    for use in case.uses:
        frequency = use.item.frequency
        if (
            use.daily is None
            or use.item.as_needed
            or frequency is None
            or frequency.once
            or slipped(case, use)
        ):
            continue
        together = sum(u.daily.value for u in case.uses_of(use.ingredient) if u.daily)
        rows = [row for row in rows_for(case, use, "adult") if row.daily_min and row.unit == use.daily.unit]
        least = min((row.daily_min for row in rows if row.daily_min), default=None)
        if least is None or together >= least:
            continue
        drug, limit = named(case, (use.ingredient,)), f"{shown(least)} {use.daily.unit}"
        yield Hit(
            lines=(use.line,),
            drugs=(use.ingredient,),
            message=Text(
                f"{drug.zh}每日{told(use.daily)}，低于有效日剂量{limit}",
                f"{drug.en}: {told(use.daily)} a day; at least {limit} is needed",
            ),
            action=Text(
                f"增至每日{limit}或注明理由", f"give at least {limit} a day, or say why less is enough"
            ),
            evidence={"daily": told(use.daily), "least": limit},
            sources=(rows[0].source,),
        )
