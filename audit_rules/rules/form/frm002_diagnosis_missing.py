"""FRM002."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.items import Item
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule

CONTRACEPTIVE = "class:contraceptive_hormone"


@rule(
    id="FRM002",
    title=Text("无临床诊断", "no diagnosis"),
    category="form",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-prescription-2007", "cn-comment-2010"),
    refs=("CN-NRM-002",),
    when=lambda case: not _diagnosed(case),
)
def diagnosis_missing(case: Case) -> Iterator[Hit]:
    """No diagnosis is written, neither code nor text.

    Why it matters: without it nobody can judge whether the drug fits or is dangerous in the disease.
    What to do: add the diagnosis. The law excepts special circumstances: contraception and vaccination need none, and a
    prescription of nothing but over-the-counter drugs for passing complaints is only shown; so is a drug that an earlier
    prescription of the patient carries together with a diagnosis.
    """
    if _diagnosed(case):
        return
    severity = max(_weight(case, item) for item in case.items)
    yield Hit(
        lines=tuple(item.line for item in case.items if _weight(case, item) is severity),
        drugs=(),
        message=Text("处方未写临床诊断", "no diagnosis is written"),
        action=Text("补充临床诊断后重新提交。", "Add the diagnosis and resubmit."),
        evidence={"article": "处方管理办法 §6(十)"},
        severity=severity,
    )


def _diagnosed(case: Case) -> bool:
    for diagnosis in case.document.diagnoses or ():
        if (diagnosis.code or "").strip() or (diagnosis.name or "").strip():
            return True
    return case.herbal is not None and bool((case.herbal.disease or "").strip())


def _weight(case: Case, item: Item) -> Severity:
    """How much a missing diagnosis matters for this line. An unknown drug has a gap of its own that holds."""
    rows = case.catalogue.table("diagnosis_exempt")
    if not item.known or _diagnosed_before(case, item):
        return Severity.MODERATE
    found = []
    if len(item.ingredients) > 1 and case.members(CONTRACEPTIVE) & set(item.ingredients):
        return Severity.INFO
    for key in item.ingredients:
        atc = case.ingredient(key).atc
        fitting = [row for row in rows if atc and atc.startswith(row.atc)]
        found.append(fitting[0].severity if fitting else Severity.CRITICAL)
    return max(found)


def _diagnosed_before(case: Case, item: Item) -> bool:
    """Whether an earlier prescription names the same drug and a diagnosis: continued treatment, known to the centre."""
    return any(
        earlier.diagnoses and any(other.drug.name == item.name for other in earlier.items)
        for earlier in case.linked
    )
