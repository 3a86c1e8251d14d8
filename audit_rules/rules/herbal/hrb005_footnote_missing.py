"""HRB005."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.decoctions import for_outside, is_granules
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
    What to do: write the footnote on the line, or name piece and way in the usage. Granules (配方颗粒) are not boiled,
    and a decoction for a wash or a bath is not swallowed: these need none.
    """
    if case.kind != "herbal" or for_outside(case):
        return
    table: dict[str, tuple[Footnote, ...]] = case.catalogue.table("herb_footnotes")
    for item in case.items:
        for key in item.ingredients if not is_granules(item) else ():
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
    raw = item.raw
    own = "".join(
        text or "" for text in (item.instructions, raw.purpose, raw.route, raw.form, raw.frequency, item.name)
    )
    if any(word in own for word in row.accept):
        return True
    usage = (case.herbal.usage if case.herbal else None) or ""
    # 附子先煎 speaks of 制附子, too: what the piece is was settled before, this only looks for its footnote
    return item.name[-2:] in usage and any(word in usage for word in row.accept)
