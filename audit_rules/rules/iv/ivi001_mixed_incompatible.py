"""IVI001."""

from collections.abc import Iterator
from itertools import combinations

from audit_rules.case import Case
from audit_rules.causes import pair_cause
from audit_rules.infusions import into_a_vein
from audit_rules.items import Item
from audit_rules.knowledge.mixing_rows import Incompatibility, Meeting
from audit_rules.lines import Lines
from audit_rules.memo import per_lines
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="IVI001",
    title=Text("注射剂配伍或溶媒不当", "incompatible injections or diluent"),
    category="iv_incompatibility",
    severity=Severity.MAJOR,
    release=Release.PHARMACIST,
    sources=("cn-review-2018",),
    refs=("CN-APP-008",),
    ingredients=lambda catalogue: catalogue.table("iv_incompatibilities").ingredients,
    lines=lambda lines, _: _some_meet(lines),
)
def mixed_incompatible(case: Case) -> Iterator[Hit]:
    """Two injections of one infusion group that precipitate or destroy each other, or a wrong diluent.

    Why it matters: crystals block vessels of lung and kidney; a drug that has broken down does not work.
    What to do: give them apart with flushing, or choose the diluent the label names. Some pairs (ceftriaxone and calcium
    in a newborn) must not even be given apart.
    """
    said: set[tuple[int, int]] = set()
    for one, other, meetings in _meetings(case):
        together = one.group is not None and one.group == other.group
        fitting = [(_severity(m.row, together), m) for m in meetings if _fits(case, m.row)]
        worst = max(((s, m) for s, m in fitting if s is not None), key=_order, default=None)
        if worst is not None and (one.line, other.line) not in said:
            said.add((one.line, other.line))
            yield _hit(case, (one, other), worst[1], worst[0], together)


def _some_meet(lines: Lines) -> bool:
    return bool(_meetings(lines))


@per_lines
def _meetings(lines: Lines) -> tuple[tuple[Item, Item, tuple[Meeting, ...]], ...]:
    """Two lines into a vein with every row about them, whoever the patient is."""
    table = lines.catalogue.table("iv_incompatibilities")
    pairs = combinations(into_a_vein(lines), 2)
    found = ((one, other, tuple(table.between(one.ingredients, other.ingredients))) for one, other in pairs)
    return tuple(met for met in found if met[2])


def _order(found: tuple[Severity, Meeting]) -> tuple[Severity, str, str, str, str]:
    """The worst speaks; of equals what is known of the pair before what is only given alone."""
    severity, meeting = found
    return (severity, meeting.row.kind, meeting.row.id, meeting.one, meeting.other)


def _severity(row: Incompatibility, together: bool) -> Severity | None:
    return row.severity if together else row.apart_severity


def _fits(case: Case, row: Incompatibility) -> bool:
    return row.max_age_days is None or case.patient.age_days <= row.max_age_days


def _hit(case: Case, items: tuple[Item, Item], meeting: Meeting, severity: Severity, together: bool) -> Hit:
    row, keys = meeting.row, (meeting.one, meeting.other)
    name = named(case, keys)
    return Hit(
        lines=tuple(item.line for item in items),
        drugs=keys,
        message=Text(
            f"{name.zh}{'同组输注' if together else '同方静脉使用'}: {row.zh}",
            f"{name.en} {'in one infusion group' if together else 'both into a vein'}: {row.en}",
        ),
        action=Text(row.action_zh, row.action_en),
        evidence={"group": items[0].group or "" if together else "apart", "row": row.id},
        severity=severity,
        sources=(row.source,),
        cause=f"mixed:{items[0].line}+{items[1].line}",
        part_of=(pair_cause(*keys),) if row.interacts else (),
        specific=together,
    )
