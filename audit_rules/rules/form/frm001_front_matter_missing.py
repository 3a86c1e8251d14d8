"""FRM001."""

from collections.abc import Iterator
from functools import cache

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Standing, Text
from audit_rules.rule import rule

WORDS = {"patient.name": "姓名", "department": "科别", "fee_type": "费别", "visit_number": "门诊或住院病历号"}


@rule(
    id="FRM001",
    title=Text("处方前记缺项", "front matter incomplete"),
    category="form",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-prescription-2007", "cn-comment-2010"),
    refs=("CN-NRM-001",),
)
def front_matter_missing(case: Case) -> Iterator[Hit]:
    """Patient name, department, fee type or visit number is missing.

    Why it matters: the law lists these fields; without name and department a paper prescription cannot be traced.
    What to do: send the missing fields with the next revision.
    """
    document = case.document
    department = document.department
    fields = (
        ("patient.name", document.patient.name),
        ("department", department and (department.name or department.code)),
        ("fee_type", document.fee_type),
        ("visit_number", document.visit_number),
    )
    missing = tuple([path for path, value in fields if not value or not value.strip()])
    if missing:
        yield _hit(missing)


@cache
def _hit(missing: tuple[str, ...]) -> Hit:
    return Standing(
        lines=(),
        drugs=(),
        message=Text(
            "处方前记缺项: " + "、".join(WORDS[path] for path in missing), "missing: " + ", ".join(missing)
        ),
        action=Text("补全后重新提交。", "Send them with the next revision."),
        evidence={"missing": ", ".join(missing), "article": "处方管理办法 附件1"},
    )
