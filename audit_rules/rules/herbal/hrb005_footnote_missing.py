"""HRB005."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.items import Item
from audit_rules.knowledge.herbal_rows import Footnote
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="HRB005",
    title=Text("饮片煎服脚注缺失", "preparation footnote missing"),
    category="form",
    severity=Severity.MAJOR,
    release=Release.RESUBMIT,
    sources=("cn-prescription-2007", "chp-2020"),
    refs=("CN-TCM-006",),
    kinds=("herbal",),
    ingredients=lambda catalogue: frozenset(catalogue.table("herb_footnotes")),
)
def footnote_missing(case: Case) -> Iterator[Hit]:
    """A piece that must be boiled first, added last, wrapped, melted, ... and nothing says so.

    Why it matters: aconite not boiled long enough poisons; others lose their effect or irritate.
    What to do: write the footnote on the line, or name piece and way in the usage.
    """
    if case.kind != "herbal":
        return
    table: dict[str, tuple[Footnote, ...]] = case.catalogue.table("herb_footnotes")
    for item in case.items:
        for key in item.ingredients:
            for row in table.get(key, ()):
                if not _said(case, item, row):
                    name = named(case, (key,))
                    yield Hit(
                        lines=(item.line,),
                        drugs=(key,),
                        message=Text(
                            f"{name.zh}未注明“{row.footnote}”: {row.zh}",
                            f"{name.en} lacks the footnote {row.footnote}: {row.en}",
                        ),
                        action=Text(f"注明“{row.footnote}”。", f"Write {row.footnote} on the line."),
                        evidence={"footnote": row.footnote, "article": "处方管理办法 §6(八)"},
                        severity=row.severity,
                        sources=(row.source,),
                    )


def _said(case: Case, item: Item, row: Footnote) -> bool:
    own = f"{item.instructions or ''}{item.raw.purpose or ''}"
    if any(word in own for word in row.accept):
        return True
    usage = (case.herbal.usage if case.herbal else None) or ""
    return item.name in usage and any(word in usage for word in row.accept)
