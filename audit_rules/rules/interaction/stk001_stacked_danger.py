from collections.abc import Iterator
from itertools import combinations

from audit_rules.case import Case
from audit_rules.causes import danger_cause
from audit_rules.dangers import DANGERS, Danger
from audit_rules.knowledge.interaction_rows import StackLevel
from audit_rules.knowledge.patient_rows import reaches
from audit_rules.lines import Lines
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.taken import Taken, current, others, past_text
from audit_rules.wording import named

TABLE = "stacks"


@rule(
    id="STK001",
    title=Text("多药叠加风险", "Several drugs, one danger"),
    category="interaction",
    severity=Severity.MAJOR,
    refs=("CN-APP-007",),
    ingredients=lambda catalogue: frozenset(catalogue.table(TABLE)),
    lines=lambda lines, has_past: has_past or _enough(lines, lines.ingredients),
    when=lambda case: not case.has_past or _enough(case.lines, case.ingredients),
)
def stacked_danger(case: Case) -> Iterator[Hit | Gap]:
    """Three or more drugs add to one danger: QT, serotonin, potassium, bleeding, sedation, anticholinergic, kidney,
    glucose, heart rate, sodium, marrow, seizures, muscle.

    Why it matters: each pair may be acceptable while the sum is not; only one who sees all institutions can count.
    What to do: leave the weakest reason out; monitor what the finding names.
    """
    for stack, members in _stacked(case).items():
        if len(members) < 2 or all(taken.line is None for taken, _ in members.values()):
            continue
        groups = {group for _, group in members.values()}
        level = _level(case, stack, len(members), len(groups))
        if level is not None:
            yield _hit(case, level, tuple(taken for taken, _ in members.values()))


def _enough(lines: Lines, keys: frozenset[str]) -> bool:
    """Whether so many of these ingredients add to one stack that it could speak."""
    needs, counts = lines.catalogue.table("stack_needs"), dict[str, int]()
    for key in keys:
        for stack, least in needs.get(key, ()):
            counts[stack] = counts.get(stack, 0) + 1
            if counts[stack] >= least:
                return True
    return False


def _stacked(case: Case) -> dict[str, dict[str, tuple[Taken, str]]]:
    """Who belongs to which stack: ingredient -> (taken, group); today's lines before earlier supply, which only
    counts where a drug of today stands in the stack.
    """
    rows = case.catalogue.table(TABLE)
    found: dict[str, dict[str, tuple[Taken, str]]] = {}
    for taken in current(case):
        for row in rows.get(taken.ingredient, ()):
            if reaches(taken.item, row.routes):
                found.setdefault(row.stack, {}).setdefault(taken.ingredient, (taken, row.group))
    earlier = (
        [taken for taken in others(case) if taken.past and taken.past.open_on(case.issued_on)]
        if found
        else []
    )
    for taken in earlier:
        for row in rows.get(taken.ingredient, ()):
            if row.stack in found and reaches(taken.item, row.routes):
                found[row.stack].setdefault(taken.ingredient, (taken, row.group))
    return found


def _level(case: Case, stack: str, drugs: int, groups: int) -> StackLevel | None:
    levels: tuple[StackLevel, ...] = case.catalogue.table("stack_levels")[stack]
    fitting = (row for row in levels if drugs >= row.drugs and groups >= row.groups and _so(case, row))
    return next(fitting, None)


def _so(case: Case, row: StackLevel) -> bool:
    return row.when.holds(case) is True and not (row.unless.text and row.unless.holds(case))


def _hit(case: Case, level: StackLevel, members: tuple[Taken, ...]) -> Hit:
    keys = tuple(sorted(taken.ingredient for taken in members))
    names, known = named(case, keys), past_text(case, members)
    return Hit(
        lines=tuple(taken.line for taken in members if taken.line is not None),
        drugs=keys,
        message=Text(
            f"{level.name_zh}：{names.zh}：{level.effect_zh}{known.zh}",
            f"{level.name_en}: {names.en}: {level.effect_en}{known.en}",
        ),
        action=Text(level.action_zh, level.action_en),
        evidence={"stack": level.stack, "drugs": str(len(keys))}
        | level.when.evidence(case)
        | {k: v for taken in members for k, v in taken.evidence.items()},
        severity=level.severity,
        sources=(level.source,),
        history=tuple(taken.ref for taken in members if taken.ref is not None),
        cause=_causes(level.stack, keys),
    )


def _causes(stack: str, keys: tuple[str, ...]) -> tuple[str, ...]:
    """The danger with all its drugs, and with each pair of them: the pairs that say the same are one with it."""
    danger = DANGERS.get(stack, Danger(stack, ())).name
    pairs = tuple(danger_cause(danger, one, other) for one, other in combinations(keys, 2))
    return (f"stack:{danger}:" + "+".join(keys), *pairs)
