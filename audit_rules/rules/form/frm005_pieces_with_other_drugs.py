"""FRM005."""

from collections.abc import Iterator

from audit_rules.items import Item
from audit_rules.lines import Lines
from audit_rules.names import plain
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

# a form that only a finished product has; 片 in a decoction is a slice, and 颗粒 may be a piece's
FINISHED = frozenset(
    {"capsule", "oral_solution", "oral_suspension", "pellets", "dispersible_tablet", "tablet"}
)
PIECES_AS_GRANULES = ("配方", "免煎")


@rule(
    id="FRM005",
    title=Text("中药饮片未单独开方", "decoction pieces with other drugs"),
    category="form",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-prescription-2007", "cn-comment-2010"),
    refs=("CN-NRM-004",),
    ingredients=lambda catalogue: frozenset(k for k, r in catalogue.ingredients.items() if r.kind == "piece"),
    lines_only=True,
)
def pieces_with_other_drugs(case: Lines) -> Iterator[Hit]:
    """Decoction pieces stand on one prescription with western or patent medicines. A tablet, capsule or liquid of one
    herb is a patent medicine.

    Why it matters: pieces are dispensed and decocted apart; the law asks for a prescription of their own.
    What to do: split it in two. Donkey-hide gelatine (阿胶) also exists as a finished product and does not count.
    """
    apart = case.catalogue.table("oppositions").groups["finished_too"]
    pieces, others = [], []
    for item in case.items:
        kinds = {case.ingredient(key).kind for key in item.ingredients}
        if kinds == {"piece"} and not _finished(item, case):
            if apart.isdisjoint(item.ingredients):
                pieces.append(item)
        elif kinds:
            others.append(item)
    if pieces and others:
        name = named(case, (key for item in pieces for key in item.ingredients))
        yield Hit(
            lines=tuple(item.line for item in (*pieces, *others)),
            drugs=tuple(key for item in (*pieces, *others) for key in item.ingredients),
            message=Text(
                f"中药饮片({name.zh})与西药或中成药同方",
                f"decoction pieces ({name.en}) with other medicines on one prescription",
            ),
            action=Text("饮片单独开方。", "Write the pieces on a prescription of their own."),
            evidence={"article": "处方管理办法 §6(六)"},
        )


def _finished(item: Item, case: Lines) -> bool:
    if case.kind == "herbal":
        return False
    dose = item.raw.dose
    unit = case.catalogue.units.get(plain(dose.unit)) if dose is not None and dose.unit else None
    if unit is not None and unit.dimension == "dosage_unit":  # 丹参片 3片; slices are weighed
        return True
    if item.form == "granules":
        return not any(word in item.name for word in PIECES_AS_GRANULES)
    return item.form in FINISHED
