"""LTP002."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import number


@rule(
    id="LTP002",
    title=Text("超过4周的长期处方未评估", "long-term prescription over four weeks without evaluation"),
    category="legality",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-long-term-2021",),
    refs=("CN-LTP-001",),
    line=lambda reading, catalogue: catalogue.table("law").ever_below(
        "long_term_evaluated_days", reading.item.days
    ),
    head=lambda head: head.long_term,
)
def long_term_without_evaluation(case: Case) -> Iterator[Hit]:
    """A long-term prescription for more than 28 days without a recorded strict evaluation and the patient's agreement.

    Why it matters: only stable, well-instructed patients can go longer than four weeks unseen.
    What to do: evaluate, record it and have the patient confirm; or give 28 days.
    """
    limit = case.catalogue.table("law").on("long_term_evaluated_days", case.issued_on)
    programme = case.programme
    if limit is None or not case.long_term:
        return
    if programme is not None and programme.long_term_evaluated and programme.patient_confirmed:
        return
    over = [item for item in case.items if item.days is not None and item.days > limit.value]
    if not over:
        return
    longest = max(item.days for item in over if item.days is not None)
    yield Hit(
        lines=tuple(item.line for item in over),
        drugs=tuple(key for item in over for key in item.ingredients),
        message=Text(
            f"长期处方{number(longest)}日，超过{number(limit.value)}日但无评估记录或患者确认",
            f"long-term supply of {number(longest)} days, over {number(limit.value)}, without evaluation or agreement",
        ),
        action=Text(
            "完成评估、写入病历并由患者确认；或改为28日以内。",
            "Evaluate, record it and have the patient confirm; or give 28 days or less.",
        ),
        evidence={
            "days": number(longest),
            "evaluated": "yes" if programme and programme.long_term_evaluated else "no",
            "patient confirmed": "yes" if programme and programme.patient_confirmed else "no",
            "article": f"长期处方管理规范(试行) {limit.article}",
        },
    )
