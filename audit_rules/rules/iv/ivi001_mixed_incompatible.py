"""IVI001."""

from collections.abc import Iterator
from itertools import combinations

from audit_rules.case import Case
from audit_rules.items import Item
from audit_rules.knowledge.injection_rows import Incompatibility
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

INTO_A_VEIN = frozenset({"intravenous", "intravenous_push", "intravenous_infusion", "intraosseous"})


@rule(
    id="IVI001",
    title=Text("注射剂配伍或溶媒不当", "incompatible injections or diluent"),
    category="iv_incompatibility",
    severity=Severity.MAJOR,
    release=Release.PHARMACIST,
    sources=("cn-review-2018",),
    refs=("CN-APP-008",),
    ingredients=lambda catalogue: catalogue.table("iv_incompatibilities").ingredients,
)
def mixed_incompatible(case: Case) -> Iterator[Hit]:
    """Two injections of one infusion group that precipitate or destroy each other, or a wrong diluent.

    Why it matters: crystals block vessels of lung and kidney; a drug that has broken down does not work.
    What to do: give them apart with flushing, or choose the diluent the label names. Some pairs (ceftriaxone and calcium
    in a newborn) must not even be given apart.
    """
    given = list(_given_into_a_vein(case))
    table = case.catalogue.table("iv_incompatibilities")
    said: set[tuple[int, int]] = set()
    for one, other in combinations(given, 2):
        together = one.group is not None and one.group == other.group
        rows = (row for a in one.ingredients for b in other.ingredients for row in table.between(a, b))
        fitting = [(r.severity if together else r.apart_severity, r) for r in rows if _fits(case, r)]
        worst = max((f for f in fitting if f[0] is not None), key=lambda f: (f[0], f[1].id), default=None)
        if worst is not None and worst[0] is not None and (one.line, other.line) not in said:
            said.add((one.line, other.line))
            yield _hit(case, one, other, worst[1], worst[0], together)


def _given_into_a_vein(case: Case) -> Iterator[Item]:
    """Lines into a vein. A line without route goes the way of its infusion group, as solvents are often written."""
    groups = {item.group for item in case.items if item.group is not None and item.route in INTO_A_VEIN}
    for item in case.items:
        if item.route in INTO_A_VEIN or (item.route is None and item.group in groups):
            yield item


def _fits(case: Case, row: Incompatibility) -> bool:
    return row.max_age_days is None or case.patient.age_days <= row.max_age_days


def _hit(case: Case, one: Item, other: Item, row: Incompatibility, severity: Severity, together: bool) -> Hit:
    meant = frozenset((*row.a, *row.b))
    keys = tuple(key for item in (one, other) for key in item.ingredients if key in meant)
    name = named(case, keys)
    return Hit(
        lines=(one.line, other.line),
        drugs=keys,
        message=Text(
            f"{name.zh}{'同组输注' if together else '同方静脉使用'}: {row.zh}",
            f"{name.en} {'in one infusion group' if together else 'both into a vein'}: {row.en}",
        ),
        action=Text(row.action_zh, row.action_en),
        evidence={"group": one.group or "" if together else "apart", "row": row.id},
        severity=severity,
        sources=(row.source,),
    )
