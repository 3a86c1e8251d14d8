from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.causes import danger_cause, pair_cause
from audit_rules.dangers import dangers_in
from audit_rules.knowledge.conditions import Doses
from audit_rules.knowledge.interaction_rows import SILENT, Interaction
from audit_rules.knowledge.patient_rows import reaches
from audit_rules.lines import Lines
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.taken import Taken, current, others, past_text
from audit_rules.wording import named

TABLE = "interactions"


@rule(
    id="INT001",
    title=Text("药物相互作用", "Drugs that interact"),
    category="interaction",
    severity=Severity.MAJOR,
    refs=("CN-APP-007",),
    ingredients=lambda catalogue: frozenset(catalogue.table(TABLE)),
    lines=lambda lines, has_past: has_past or _some_pair(lines, lines.ingredients),
    when=lambda case: not case.has_past or _some_pair(case.lines, case.ingredients),
)
def interacting_pair(case: Case) -> Iterator[Hit | Gap]:
    """Two drugs that must not be taken together, or only with care: in this prescription or with earlier supply.

    Drugs of other institutions count while their supply lasts and through the washout the row names. Route, dose,
    co-medication, age and laboratory values change the level; what lowered or raised it stands in the evidence.

    Why it matters: serotonin syndrome, bleeding, rhabdomyolysis or torsades come from pairs that nobody saw together.
    What to do: as the finding says: change one, separate them, reduce the dose, or monitor.
    """
    table = case.catalogue.table(TABLE)
    now, earlier = current(case), others(case)
    for place, one in enumerate(now):
        partners = table.get(one.ingredient)
        if partners is None:
            continue
        for other in (*now[place + 1 :], *earlier):
            for row, first in partners.get(other.ingredient, ()):
                left, right = (one, other) if one.ingredient == first else (other, one)
                yield from _said(case, row, left, right)


def _some_pair(lines: Lines, keys: frozenset[str]) -> bool:
    """Whether any of today's ingredients has a row with one of these."""
    table = lines.catalogue.table(TABLE)
    for key in lines.ingredients:
        partners = table.get(key)
        if partners is not None and not partners.keys().isdisjoint(keys):
            return True
    return False


def _said(case: Case, row: Interaction, left: Taken, right: Taken) -> Iterator[Hit | Gap]:
    if left.line is not None and left.line == right.line:
        return  # a fixed combination is meant
    if left.days_over > row.left_washout or right.days_over > row.right_washout:
        return
    if not (reaches(left.item, row.left_routes) and reaches(right.item, row.right_routes)):
        return
    doses = Doses(left=left.daily, right=right.daily)
    applies = row.only_if.holds(case, doses)
    if applies is None:
        yield _unknown(case, row, left, right)
    elif applies and (severity := _severity(case, row, doses)) is not None:
        yield _hit(case, row, left, right, severity)


def _severity(case: Case, row: Interaction, doses: Doses) -> Severity | None:
    if row.raised and row.raise_if.holds(case, doses):
        return Severity.of(row.raised)
    if row.lowered and row.lower_if.holds(case, doses):
        return None if row.lowered == SILENT else Severity.of(row.lowered)
    return row.severity


def _hit(case: Case, row: Interaction, left: Taken, right: Taken, severity: Severity) -> Hit:
    doses = Doses(left=left.daily, right=right.daily)
    names, known = named(case, (left.ingredient, right.ingredient)), past_text(case, (left, right))
    conditions = (row.only_if, row.lower_if, row.raise_if)
    context: dict[str, str] = {}
    for condition in conditions:
        if condition.alternatives and condition.holds(case, doses):
            context |= condition.evidence(case, doses)
    if severity is not row.severity:
        context["context"] = (row.raise_if if severity > row.severity else row.lower_if).text
    return Hit(
        lines=tuple(side.line for side in (left, right) if side.line is not None),
        drugs=tuple(sorted((left.ingredient, right.ingredient))),
        message=Text(f"{names.zh}：{row.effect_zh}{known.zh}", f"{names.en}: {row.effect_en}{known.en}"),
        action=Text(row.action_zh, row.action_en),
        evidence={"interaction": row.id} | context | left.evidence | right.evidence,
        severity=severity,
        sources=(row.source,),
        history=tuple(side.ref for side in (left, right) if side.ref is not None),
        cause=pair_cause(left.ingredient, right.ingredient),
        part_of=_part_of(row, left, right, severity),
    )


def _part_of(row: Interaction, left: Taken, right: Taken, severity: Severity) -> tuple[str, ...]:
    """A stack that counts the two for the danger this row names; a mild one also goes with a doubled class."""
    one, other = sorted((left.ingredient, right.ingredient))
    dangers = tuple(danger_cause(name, one, other) for name in dangers_in(row.effect_en))
    return (*dangers, f"class:{one}+{other}") if severity < Severity.MAJOR else dangers


def _unknown(case: Case, row: Interaction, left: Taken, right: Taken) -> Gap:
    names = named(case, (left.ingredient, right.ingredient))
    return Gap(
        lines=tuple(side.line for side in (left, right) if side.line is not None),
        reason="interaction_dose_unknown",
        message=Text(
            f"{names.zh}的相互作用取决于剂量，剂量未知",
            f"Whether {names.en} interact depends on a dose that is not known",
        ),
        holds=row.severity >= Severity.MAJOR,
    )
