"""IVI002."""

from collections.abc import Iterator
from decimal import Decimal

from audit_rules.infusions import hours, into_a_vein, millilitres, together_with
from audit_rules.items import Item, Use
from audit_rules.knowledge.mixing_rows import DILUENT, InfusionLimit
from audit_rules.lines import Lines
from audit_rules.quantities import shown
from audit_rules.report import Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

TABLE = "infusion_limits"
PUSHED = "intravenous_push"


@rule(
    id="IVI002",
    title=Text("静脉滴注浓度或速度不当", "infusion too strong, too weak or too fast"),
    category="iv_incompatibility",
    severity=Severity.MAJOR,
    sources=("cn-review-2018",),
    refs=("CN-APP-008",),
    ingredients=lambda catalogue: frozenset(catalogue.table(TABLE)),
    lines_only=True,
)
def too_strong_or_too_fast(case: Lines) -> Iterator[Hit]:
    """An infusion whose concentration is outside what its label allows, that runs too fast, or that must be diluted
    and is written without a diluent.

    Volumes of the lines of one group are added up; a group with a line of unknown volume is not judged.

    Why it matters: strong potassium stops the heart, strong erythromycin or aciclovir ruins vein and kidney, a fast
    vancomycin causes collapse.
    What to do: more (or less) of the diluent, or a longer time, as the finding says.
    """
    table = case.catalogue.table(TABLE)
    lines = {item.line for item in into_a_vein(case) if item.route != PUSHED}
    for use in case.uses:
        if use.line in lines and len(use.item.ingredients) == 1:
            for row in table.get(use.ingredient, ()):
                found = _found(case, use, row)
                if found is not None:
                    yield _hit(case, use, row, found)
                    break


def _found(case: Lines, use: Use, row: InfusionLimit) -> dict[str, str] | None:
    """The numbers that break the bound, as evidence; None where it holds or cannot be told."""
    if row.kind == "undiluted":
        return {"diluent": "none"} if _undiluted(case, use.item) else None
    given = _milligrams(use, row)
    if given is None or row.bound is None:
        return None
    if row.kind == "fast":
        time = hours(case, use.item)
        rate = given / time if time else None
        return {"mg_per_h": shown(rate), "limit": shown(row.bound)} if rate and rate > row.bound else None
    volume = _volume(case, use.item)
    if volume is None:
        return None
    strength = given / volume
    broken = strength > row.bound if row.kind == "concentrated" else strength < row.bound
    return {"mg_per_mL": shown(strength), "limit": shown(row.bound), "mL": shown(volume)} if broken else None


def _undiluted(case: Lines, item: Item) -> bool:
    """Whether it is to drip by itself: no diluent in its group, nor (without group) on any line without group."""
    if item.group is None and millilitres(case, item) is None:
        return False  # a weight by itself: its diluent may stand elsewhere
    return not _diluents(case, item)


def _diluents(case: Lines, item: Item) -> bool:
    """Whether a diluent, or a line nobody understands, shares its group or its lack of one."""
    diluents = case.catalogue.classes[DILUENT]
    others = (o for o in into_a_vein(case) if o.group == item.group and o.line != item.line)
    return any(not other.known or not diluents.isdisjoint(other.ingredients) for other in others)


def _milligrams(use: Use, row: InfusionLimit) -> Decimal | None:
    if use.single is None:
        return None
    if use.single.unit == "mmol" and row.mg_per_mmol is not None:
        return use.single.value * row.mg_per_mmol
    return use.single.value if use.single.unit == "mg" else None


def _volume(case: Lines, item: Item) -> Decimal | None:
    """Millilitres of the whole group. A drug by weight adds nothing; a diluent without volume, or with none to tell
    whether it belongs here, makes the sum unknown.
    """
    if item.group is None and _diluents(case, item):
        return None
    diluents, total = case.catalogue.classes[DILUENT], Decimal(0)
    for other in together_with(case, item):
        volume = millilitres(case, other)
        if volume is None and not diluents.isdisjoint(other.ingredients):
            return None
        total += volume or 0
    return total or None


def _hit(case: Lines, use: Use, row: InfusionLimit, evidence: dict[str, str]) -> Hit:
    name = named(case, (use.ingredient,))
    numbers = _numbers(row, evidence)
    return Hit(
        lines=tuple(sorted({item.line for item in together_with(case, use.item)})),
        drugs=(use.ingredient,),
        message=Text(f"{name.zh}: {row.zh}{numbers.zh}", f"{name.en}: {row.en}{numbers.en}"),
        action=Text(row.action_zh, row.action_en),
        evidence=evidence | {"row": row.id},
        severity=row.severity,
        sources=(row.source,),
    )


def _numbers(row: InfusionLimit, evidence: dict[str, str]) -> Text:
    value = evidence.get("mg_per_mL") or evidence.get("mg_per_h")
    if value is None:
        return Text("", "")
    unit = "mg/mL" if "mg_per_mL" in evidence else "mg/h"
    return Text(f"（{value} {unit}，限{evidence['limit']}）", f" ({value} {unit}, limit {evidence['limit']})")
