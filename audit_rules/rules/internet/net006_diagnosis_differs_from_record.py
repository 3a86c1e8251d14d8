"""NET006."""

import re
from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.icd import dotless
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule

CODE = re.compile(r"(?<![A-Z0-9])[A-TV-Z]\d{2}(?:\.?\d{1,2})?(?![A-Z0-9])")
CATEGORY = 3  # characters of an ICD-10 category


@rule(
    id="NET006",
    title=Text("互联网诊断与线下病历不一致", "internet diagnosis differs from the record"),
    category="internet",
    severity=Severity.MAJOR,
    release=Release.PHARMACIST,
    sources=("cn-internet-care-2018",),
    refs=("CN-INT-004",),
    settings=("internet",),
    head=lambda head: head.record,
)
def diagnosis_differs_from_record(case: Case) -> Iterator[Hit]:
    """None of the diagnoses of an internet prescription is in the record of the visit in person that it names.

    The record is known where `visit.offline_record` names ICD-10 codes, or the number of an earlier prescription in the
    patient's history. A record that only says that there was one is compared with nothing.

    Why it matters: internet care follows up what was diagnosed in person; a new disease needs the patient.
    What to do: compare with the record; correct the diagnosis, or see the patient in person.
    """
    visit = case.visit
    if case.setting != "internet" or visit is None or visit.revisit is False:
        return
    record = (visit.offline_record or "").upper()
    seen = {dotless(code) for code in CODE.findall(record)} or _of_prescription(case, record)
    posted = {dotless(code) for code in case.diagnoses}
    if not seen or not posted or _categories(seen) & _categories(posted):
        return
    yield Hit(
        lines=tuple(item.line for item in case.items),
        drugs=(),
        message=Text(
            f"互联网诊断({', '.join(sorted(posted))})与线下病历({', '.join(sorted(seen))})不一致",
            f"diagnosed over the internet: {', '.join(sorted(posted))}; in the record: {', '.join(sorted(seen))}",
        ),
        action=Text(
            "核对线下病历；诊断有变者请线下就诊。",
            "Compare with the record; a new disease is seen in person.",
        ),
        evidence={"record": visit.offline_record or "", "article": "互联网医院管理办法 §21"},
    )


def _of_prescription(case: Case, record: str) -> set[str]:
    words = set(re.split(r"[\s,;:：，；、]+", record))
    return {
        dotless(diagnosis.code.strip())
        for other in case.linked
        if other.setting != "internet" and other.number.upper() in words
        for diagnosis in other.diagnoses or ()
        if diagnosis.code and diagnosis.code.strip()
    }


def _categories(codes: set[str]) -> set[str]:
    return {code[:CATEGORY] for code in codes}
