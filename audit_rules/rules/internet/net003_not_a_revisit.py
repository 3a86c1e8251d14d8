"""NET003."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule


@rule(
    id="NET003",
    title=Text("互联网首诊", "first visit over the internet"),
    category="internet",
    severity=Severity.CRITICAL,
    release=Release.NOBODY,
    sources=("cn-internet-care-2018", "cn-internet-supervision-2022"),
    refs=("CN-INT-003",),
    settings=("internet",),
)
def not_a_revisit(case: Case) -> Iterator[Hit]:
    """An internet prescription that says itself: this is not a follow-up visit.

    Why it matters: internet care is for follow-up of a disease diagnosed in person; a first diagnosis needs the patient.
    What to do: see the patient in person.
    """
    if case.setting == "internet" and case.visit is not None and case.visit.revisit is False:
        yield Hit(
            lines=tuple(item.line for item in case.items),
            drugs=(),
            message=Text("互联网处方非复诊", "an internet prescription without an earlier visit in person"),
            action=Text("请患者线下首诊。", "The first visit takes place in person."),
            evidence={"revisit": "false", "article": "互联网诊疗管理办法 §16"},
        )
