"""FRM004."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule


@rule(
    id="FRM004",
    title=Text("婴儿未注明体重", "infant without weight"),
    category="form",
    severity=Severity.MAJOR,
    release=Release.RESUBMIT,
    sources=("cn-prescription-2007", "cn-comment-2010"),
    refs=("CN-NRM-003",),
    when=lambda case: case.patient.weight_kg is None,
)
def infant_without_weight(case: Case) -> Iterator[Hit]:
    """A child under one year takes a systemic drug and no weight is written.

    Why it matters: every dose in the first year goes by weight.
    What to do: weigh the child and send the weight.
    """
    limit = case.catalogue.table("law").on("infant_age", case.issued_on)
    if limit is None or case.patient.age_years >= limit.value or case.patient.weight_kg is not None:
        return
    lines = tuple(item.line for item in case.items if item.systemic is not False)
    if lines:
        yield Hit(
            lines=lines,
            drugs=tuple(use.ingredient for use in case.uses if use.line in lines),
            message=Text(
                f"患儿{case.patient.age_days}日龄，未注明体重",
                f"{case.patient.age_days} days old and no weight written",
            ),
            action=Text("测量体重并注明。", "Weigh the child and write it."),
            evidence={"age in days": str(case.patient.age_days), "article": f"处方管理办法 {limit.article}"},
        )
