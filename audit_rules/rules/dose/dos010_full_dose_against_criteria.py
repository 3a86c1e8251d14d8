"""The full dose for a patient in whom the label halves it."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.criteria import Judged, judged
from audit_rules.limits import told
from audit_rules.quantities import shown
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="DOS010",
    title=Text("符合减量标准而未减量", "The full dose although the criteria for the reduced one are met"),
    category="dose",
    severity=Severity.MAJOR,
    sources=("cn-audit-dose",),
    refs=("CN-APP-004", "CN-APP-012"),
    ingredients=lambda catalogue: frozenset(catalogue.table("reductions")),
)
def full_dose_against_criteria(case: Case) -> Iterator[Hit | Gap]:
    """A drug whose label asks for a reduced dose when age, weight, creatinine or another drug say so, at full dose.

    Where one more criterion would decide and its value is not recorded, that is said, and it holds.

    Why it matters: an 82-year-old of 50 kg bleeds on the dose that is right for others.
    What to do: give the reduced dose.
    """
    for found in judged(case):
        row, given = found.row, found.use.daily
        if row.reduced_max is None or given is None or given.value <= row.reduced_max:
            continue
        if found.met:
            yield _hit(case, found)
        elif found.met is None and found.true and found.true >= row.needed - 1:
            yield _gap(case, found)


def _hit(case: Case, found: Judged) -> Hit:
    row, use = found.row, found.use
    drug, most = named(case, (use.ingredient,)), f"{shown(row.reduced_max or row.reduced_min)} {row.unit}"
    daily = told(use.daily) if use.daily else ""
    return Hit(
        lines=(use.line,),
        drugs=(use.ingredient,),
        message=Text(
            f"{drug.zh}每日{daily}，患者符合减量标准：{row.zh}",
            f"{drug.en}: {daily} a day, but the criteria for the reduced dose are met: {row.en}",
        ),
        action=Text(f"减至每日{most}", f"reduce to {most} a day"),
        evidence=found.evidence | {"daily": daily, "limit": most},
        severity=row.severity_high,
        sources=(row.source,),
        cause=f"renal:{use.ingredient}",
    )


def _gap(case: Case, found: Judged) -> Gap:
    drug = named(case, (found.use.ingredient,))
    return Gap(
        lines=(found.use.line,),
        reason="criteria_unknown",
        message=Text(
            f"{drug.zh}的减量标准缺少体重或肌酐，未能核对：{found.row.zh}",
            f"weight or creatinine is missing: whether {drug.en} must be reduced was not checked: {found.row.en}",
        ),
        holds=True,
    )
