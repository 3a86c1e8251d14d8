"""A daily dose too low to work, where that harms."""

from collections.abc import Iterator
from decimal import Decimal

from audit_rules.case import Case
from audit_rules.items import Use
from audit_rules.knowledge.dose_rows import DoseLimit
from audit_rules.limits import ADULT, ROUNDING, rows_for, told
from audit_rules.line_doses import daily_below
from audit_rules.organs import at_risk
from audit_rules.quantities import shown
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.slips import slipped
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
)
def daily_dose_too_low(case: Case) -> Iterator[Hit | Gap]:
    """A daily dose of an anti-infective or anticoagulant below the smallest that works, for adults and children.

    Silent in old age and kidney disease, where less is right, and for doses given once or as needed; for a child of
    unknown weight.

    Why it matters: too little antibiotic breeds resistance; too little anticoagulant does not prevent the clot.
    What to do: give the label's dose, or state why less is enough.
    """
    if at_risk(case):
        return
    for use in case.uses:
        frequency = use.item.frequency
        if use.daily is None or use.item.as_needed or frequency is None or frequency.once:
            continue
        together = sum(u.daily.value for u in case.uses_of(use.ingredient) if u.daily)
        found = _least(case, use)
        if found is None or together >= found[0] or slipped(case, use):
            continue
        yield _hit(case, use, *found)


def _least(case: Case, use: Use) -> tuple[Decimal, DoseLimit] | None:
    """The smallest daily dose that works for this patient, with its row."""
    child = case.patient.age_years < ADULT
    unit = use.daily.unit if use.daily else ""
    rows = [r for r in rows_for(case, use, "child" if child else "adult") if r.daily_min and r.unit == unit]
    found: list[tuple[Decimal, DoseLimit]] = []
    for row in rows:
        factor = Decimal(1) if row.basis == "total" else case.patient.weight_kg
        if row.daily_min is None or factor is None:
            continue
        least = row.daily_min * factor / (ROUNDING if child else 1)
        found.append((least if row.daily_cap is None else min(least, row.daily_cap / 2), row))
    return min(found, key=lambda pair: pair[0]) if found else None


def _hit(case: Case, use: Use, least: Decimal, row: DoseLimit) -> Hit:
    drug, limit = named(case, (use.ingredient,)), f"{shown(least)} {row.unit}"
    daily = told(use.daily) if use.daily else ""
    return Hit(
        lines=(use.line,),
        drugs=(use.ingredient,),
        message=Text(
            f"{drug.zh}每日{daily}，低于有效日剂量{limit}",
            f"{drug.en}: {daily} a day; at least {limit} is needed",
        ),
        action=Text(f"增至每日{limit}或注明理由", f"give at least {limit} a day, or say why less is enough"),
        evidence={"daily": daily, "least": limit},
        severity=Severity.MAJOR if "high_alert" in case.ingredient(use.ingredient).flags else None,
        sources=(row.source,),
        cause=f"low:{use.line}:{use.ingredient}",
    )
