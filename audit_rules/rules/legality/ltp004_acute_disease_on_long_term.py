"""LTP004."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule


@rule(
    id="LTP004",
    title=Text("急性病开具长期处方", "long-term prescription for an acute illness"),
    category="legality",
    severity=Severity.MAJOR,
    release=Release.REASON,
    sources=("cn-long-term-2021",),
    refs=("CN-LTP-004",),
    head=lambda head: head.long_term,
    when=lambda case: _only_acute(case),
)
def acute_disease_on_long_term(case: Case) -> Iterator[Hit]:
    """A long-term prescription whose diagnoses, with the recorded conditions, are all acute illnesses.

    Regions list their chronic diseases differently; what is surely acute (a cold, an injury, an acute infection) is on none.

    Why it matters: long supplies are for chronic disease in a stable state; an acute illness changes within days.
    What to do: write an ordinary prescription, add the chronic disease that is treated, or state the reason.
    """
    if not case.long_term or not _only_acute(case):
        return
    acute = case.patient.codes
    yield Hit(
        lines=tuple(item.line for item in case.items),
        drugs=(),
        message=Text(
            f"长期处方的诊断均为急性病({', '.join(acute)})",
            f"all diagnoses of the long-term prescription are acute: {', '.join(acute)}",
        ),
        action=Text(
            "改开普通处方，或补充慢性病诊断、说明理由。",
            "Write an ordinary prescription, or add the chronic disease or the reason.",
        ),
        evidence={"diagnoses": ", ".join(acute), "article": "长期处方管理规范(试行): 适用于慢性病稳定期患者"},
    )


def _only_acute(case: Case) -> bool:
    codes = case.patient.codes
    return bool(codes) and len(case.icd(case.catalogue.table("icd_lists")["acute"])) == len(codes)
