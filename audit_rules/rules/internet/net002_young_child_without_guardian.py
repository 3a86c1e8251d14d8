"""NET002."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import number


@rule(
    id="NET002",
    title=Text("互联网低龄儿童无监护人陪伴", "young child over the internet without guardian"),
    category="internet",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-internet-care-2018",),
    refs=("CN-INT-002",),
    settings=("internet",),
)
def young_child_without_guardian(case: Case) -> Iterator[Hit]:
    """An internet prescription for a child under six, and no guardian is on record.

    Why it matters: a small child must be seen with a guardian and a physician of the field present.
    What to do: confirm both and send the guardian with the next revision; else see the child in person.
    """
    limit = case.catalogue.table("law").on("internet_child_age", case.issued_on)
    if case.setting != "internet" or limit is None or case.patient.age_years >= limit.value:
        return
    guardian = case.document.patient.guardian
    if (
        guardian is not None
        and guardian.confirmed is not False
        and (guardian.name or guardian.id or guardian.confirmed)
    ):
        return
    yield Hit(
        lines=tuple(item.line for item in case.items),
        drugs=(),
        message=Text(
            f"患儿{case.patient.age_years}岁，未确认监护人和相关专业医师陪伴",
            f"a child of {case.patient.age_years} years, and guardian and physician present are not confirmed",
        ),
        action=Text(
            "确认监护人及相关专业医师陪伴后重新提交，或线下就诊。",
            "Confirm guardian and physician present and resubmit, or see the child in person.",
        ),
        evidence={
            "age": str(case.patient.age_years),
            "limit": number(limit.value),
            "article": "互联网诊疗管理办法 §19",
        },
    )
