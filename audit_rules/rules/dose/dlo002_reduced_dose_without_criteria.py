"""A reduced dose that the label's criteria do not ask for."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.criteria import Judged, judged
from audit_rules.limits import told
from audit_rules.organs import at_risk
from audit_rules.quantities import shown
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.slips import slipped
from audit_rules.wording import named


@rule(
    id="DLO002",
    title=Text("不符合减量标准而减量", "A reduced dose without the criteria for it"),
    category="dose_low",
    severity=Severity.MODERATE,
    sources=("cn-audit-dose",),
    refs=("CN-APP-004",),
    ingredients=lambda catalogue: frozenset(catalogue.table("reductions")),
)
def reduced_dose_without_criteria(case: Case) -> Iterator[Hit | Gap]:
    """An anticoagulant below the dose that prevents strokes, in a patient who does not meet the reduction criteria.

    What the record does not say counts in favour of the smaller dose. In old age and kidney disease it is only shown.

    Why it matters: half a dose of an anticoagulant bleeds nearly as much and prevents less.
    What to do: give the full dose, or say why less is enough.
    """
    for found in judged(case):
        least = found.row.full_min if found.met is False else found.row.reduced_min
        together = sum(use.daily.value for use in case.uses_of(found.use.ingredient) if use.daily)
        if together < least and not slipped(case, found.use):
            yield _hit(case, found, f"{shown(least)} {found.row.unit}")


def _hit(case: Case, found: Judged, least: str) -> Hit:
    row, use = found.row, found.use
    drug = named(case, (use.ingredient,))
    daily = told(use.daily) if use.daily else ""
    return Hit(
        lines=(use.line,),
        drugs=(use.ingredient,),
        message=Text(
            f"{drug.zh}每日{daily}，低于应有剂量{least}：{row.zh}",
            f"{drug.en}: {daily} a day, less than the {least} needed: {row.en}",
        ),
        action=Text(f"增至每日{least}，或注明减量理由", f"give {least} a day, or say why less is enough"),
        evidence=found.evidence | {"daily": daily, "least": least},
        severity=min(row.severity_low, Severity.MODERATE) if at_risk(case) else row.severity_low,
        sources=(row.source,),
        cause=f"low:{use.line}:{use.ingredient}",
    )
