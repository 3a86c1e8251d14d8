from collections.abc import Iterator

from audit_rules.allergies import not_understood, recorded
from audit_rules.case import Case
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule


@rule(
    id="ALG003",
    title=Text("过敏记录无法识别", "An allergy record that is not understood"),
    category="allergy",
    severity=Severity.MAJOR,
    sources=("cn-review-2018",),
    refs=("CN-APP-003",),
    when=recorded,
)
def allergy_not_understood(case: Case) -> Iterator[Hit | Gap]:
    """The allergy list names a substance that no table knows, so no drug could be compared with it.

    Foods, pollen, dust and the like are known and do not come here. A record of this document holds; one that only an
    earlier document carries is named.

    Why it matters: silence would read as no allergy.
    What to do: a pharmacist reads the record; a chief pharmacist adds the substance to the table.
    """
    for read in not_understood(case):
        yield Gap(
            lines=tuple(item.line for item in case.items),
            reason="allergy_unknown",
            message=Text(
                f"过敏记录“{read.written}”无法识别",
                f"The allergy record {read.written!r} is not understood",
            ),
            holds=not read.recorded,
        )
