"""A drug that the tables do not know."""

from collections.abc import Iterator

from audit_rules.lines import Lines
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule


@rule(
    id="GAP001",
    title=Text("药品未识别", "The drug is not known"),
    category="form",
    severity=Severity.MAJOR,
    sources=("rx1-codes",),
    line=lambda reading, _: not reading.item.known,
    lines_only=True,
)
def unknown_drug(case: Lines) -> Iterator[Hit | Gap]:
    """A line whose drug name stands in no table, so that nothing about it was checked.

    Why it matters: an unknown drug is screened for nothing - no dose, no interaction, no allergy.
    What to do: a pharmacist reads the line as written; the chief pharmacist may map the name to its ingredients.
    """
    for item in case.items:
        if not item.known:
            yield Gap(
                lines=(item.line,),
                reason="unknown_drug",
                message=Text(
                    f"“{item.name}”未识别, 未作任何用药审核",
                    f"“{item.name}” is not known; nothing was checked",
                ),
                holds=True,
            )
