"""NET004."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule


@rule(
    id="NET004",
    title=Text("未传复诊凭据", "evidence of follow-up not sent"),
    category="internet",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-internet-care-2018", "cn-internet-supervision-2022"),
    refs=("CN-INT-003",),
    settings=("internet",),
)
def revisit_evidence_missing(case: Case) -> Iterator[Hit]:
    """An internet prescription that does not say whether it is a follow-up, or names no record of the visit in person.

    Why it matters: the follow-up must be provable by a record with a clear diagnosis.
    What to do: send which record was seen (outpatient record, discharge summary, earlier prescription).
    """
    if case.setting != "internet":
        return
    visit = case.visit
    if visit is not None and (
        visit.revisit is False or (visit.revisit and (visit.offline_record or "").strip())
    ):
        return
    yield Hit(
        lines=(),
        drugs=(),
        message=Text(
            "互联网处方未附复诊凭据", "no evidence of follow-up came with the internet prescription"
        ),
        action=Text("补传线下病历等复诊凭据。", "Send which record of the visit in person was seen."),
        evidence={
            "visit": "not sent" if visit is None else "no record named",
            "article": "互联网诊疗管理办法 §16",
        },
    )
