"""HRB010."""

from collections.abc import Iterator

from audit_rules.lines import Lines
from audit_rules.report import Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="HRB010",
    title=Text("毒性饮片未注明生制", "raw or processed not said"),
    category="form",
    severity=Severity.INFO,
    sources=("cn-toxic-1988",),
    refs=("CN-TCM-005",),
    ingredients=lambda catalogue: frozenset(catalogue.table("unmarked_pieces")),
    lines_only=True,
)
def raw_or_processed_not_said(case: Lines) -> Iterator[Hit]:
    """A piece whose raw form is on the toxic list is written without raw (生) or processed (制).

    Why it matters: by law the processed piece is given out then; the prescriber should know.
    What to do: nothing, if the processed piece is meant; else write raw and keep to its law.
    """
    table = case.catalogue.table("unmarked_pieces")
    found = [(item.line, key) for item in case.items for key in item.ingredients if key in table]
    if found:
        name = named(case, (key for _, key in found))
        yield Hit(
            lines=tuple(line for line, _ in found),
            drugs=tuple(key for _, key in found),
            message=Text(
                f"{name.zh}未注明“生用”，按规定付炮制品",
                f"{name.en}: raw is not written; the processed piece is given out",
            ),
            action=Text("确需生用者注明“生”。", "Write raw if raw is meant."),
            evidence={"article": "医疗用毒性药品管理办法 §9"},
        )
