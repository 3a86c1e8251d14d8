"""A medicine the patient already takes that the tables do not know."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule


@rule(
    id="GAP007",
    title=Text("正在使用的药品未识别", "A current medication is not known"),
    category="history",
    severity=Severity.MAJOR,
    sources=("rx1-codes",),
)
def unknown_medication(case: Case) -> Iterator[Hit | Gap]:
    """A current medication whose name stands in no table, so that nothing was compared with it.

    Why it matters: what the patient already takes may interact with what is prescribed now.
    What to do: a pharmacist asks what it is; the name can be mapped to its ingredients.
    """
    for item in case.unknown_medications:
        yield Gap(
            lines=(),
            reason="unknown_medication",
            message=Text(
                f"正在使用的“{item.name}”未识别, 未与本处方比对",
                f"“{item.name}”, taken at present, is not known; it was compared with nothing",
            ),
            holds=True,
        )
