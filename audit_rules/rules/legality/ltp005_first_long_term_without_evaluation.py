"""LTP005."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule


@rule(
    id="LTP005",
    title=Text("首次长期处方未评估", "first long-term prescription without evaluation"),
    category="legality",
    severity=Severity.MAJOR,
    release=Release.RESUBMIT,
    sources=("cn-long-term-2021",),
    refs=("CN-LTP-005",),
    head=lambda head: head.long_term,
    when=lambda case: bool(case.linked),
)
def first_long_term_without_evaluation(case: Case) -> Iterator[Hit]:
    """The centre knows the patient, none of the earlier prescriptions is long-term, and this one says: not evaluated.

    Without earlier prescriptions nobody can tell whether it is the first. Where the document says nothing about the
    programme, it is folded away.

    Why it matters: the first long supply follows a full evaluation of disease, adherence and self-care.
    What to do: evaluate, record it and send the next revision; or write an ordinary prescription.
    """
    programme = case.programme
    if not case.long_term or not case.linked or any(other.long_term for other in case.linked):
        return
    if programme is not None and programme.long_term_evaluated:
        return
    told = programme is not None and programme.long_term_evaluated is False
    yield Hit(
        lines=tuple(item.line for item in case.items),
        drugs=(),
        message=Text(
            "首次长期处方，未记录全面评估", "the first long-term prescription, and no evaluation is recorded"
        ),
        action=Text("完成评估并记入病历后重新提交。", "Evaluate, record it and resubmit."),
        evidence={
            "earlier prescriptions": str(len(case.linked)),
            "evaluated": "no" if told else "not sent",
            "article": "长期处方管理规范(试行): 首次开具长期处方前的评估",
        },
        severity=None if told else Severity.INFO,
    )
