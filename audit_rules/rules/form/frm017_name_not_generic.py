"""FRM017."""

from collections.abc import Iterator

from audit_rules.lines import Lines
from audit_rules.names import plain
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule

KINDS = {
    "abbreviation": Text("缩写", "an abbreviation"),
    "code": Text("代号", "a code"),
    "brand": Text("商品名", "a brand name"),
    "former": Text("曾用名", "a former name"),
}


@rule(
    id="FRM017",
    title=Text("药品名称不规范", "not the generic name"),
    category="form",
    severity=Severity.MAJOR,
    release=Release.RESUBMIT,
    sources=("cn-prescription-2007", "cn-comment-2010"),
    refs=("CN-NRM-007",),
    line=lambda reading, catalogue: plain(reading.item.name) in catalogue.table("name_habits"),
    lines_only=True,
)
def name_not_generic(case: Lines) -> Iterator[Hit]:
    """A drug is written by an abbreviation, a code, a brand name or a former name instead of its generic name.

    Only names that stand in the table are spoken of; a name that nobody knows is a gap (GAP001). Self-made abbreviations
    and codes are forbidden and held; a brand, a former name and the usual short names of infusion fluids are shown.

    Why it matters: abbreviations are read as another drug (MTX, ASA, AZT); two brands hide one ingredient.
    What to do: write the generic name.
    """
    table = case.catalogue.table("name_habits")
    for item in case.items:
        row = table.get(plain(item.name))
        if row is None:
            continue
        kind = KINDS[row.kind]
        yield Hit(
            lines=(item.line,),
            drugs=item.ingredients,
            message=Text(
                f"“{item.name}”为{kind.zh}，通用名: {row.zh}",
                f"“{item.name}” is {kind.en}; generic name: {row.en}",
            ),
            action=Text(f"改写通用名“{row.zh}”。", f"Write the generic name, {row.en}."),
            evidence={"written": item.name, "article": "处方管理办法 §6(四), §17"},
            severity=row.severity,
        )
