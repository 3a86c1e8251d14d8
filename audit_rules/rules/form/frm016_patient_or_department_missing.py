"""FRM016."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule

WORDS = {
    "patient.name": Text("姓名", "name of the patient"),
    "patient.sex": Text("性别", "sex of the patient"),
    "department": Text("科别", "department"),
}
WITHOUT_DEPARTMENTS = frozenset({"village_clinic", "clinic", "community_station"})


@rule(
    id="FRM016",
    title=Text("未写患者姓名、性别或科别", "name, sex or department not written"),
    category="form",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-prescription-2007", "cn-comment-2010"),
    refs=("CN-NRM-001",),
    when=lambda case: not _whole(case),
)
def patient_or_department_missing(case: Case) -> Iterator[Hit]:
    """The prescription does not say who the patient is by name, of which sex, or from which department it comes.

    A clinic without departments needs none. In an emergency a person may be unknown: then it is shown only.

    Why it matters: a medicine handed to the wrong person, and a prescription that nobody can trace back.
    What to do: send the missing fields with the next revision.
    """
    missing = _missing(case)
    if missing:
        words = [WORDS[path] for path in missing]
        yield Hit(
            lines=(),
            drugs=(),
            message=Text(
                "处方前记缺" + "、".join(w.zh for w in words), "missing: " + ", ".join(w.en for w in words)
            ),
            action=Text("补全后重新提交。", "Send them with the next revision."),
            evidence={"missing": ", ".join(missing), "article": "处方管理办法 附件1, §34"},
            severity=Severity.MODERATE if case.setting == "emergency" else None,
        )


def _whole(case: Case) -> bool:
    """The quick yes: all is there, and more than blanks."""
    document = case.document
    name, department = document.patient.name, document.department
    said = department and (department.name or department.code)
    return bool(name and said and name.strip() and said.strip()) and case.patient.sex != "unknown"


def _missing(case: Case) -> tuple[str, ...]:
    document = case.document
    department = document.department
    said = {
        "patient.name": (document.patient.name or "").strip(),
        "patient.sex": case.patient.sex != "unknown",
        "department": case.institution.type in WITHOUT_DEPARTMENTS
        or (department is not None and (department.name or department.code or "").strip()),
    }
    return tuple(path for path, value in said.items() if not value)
