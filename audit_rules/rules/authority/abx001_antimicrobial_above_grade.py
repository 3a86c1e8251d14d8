"""ABX001."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.items import Item
from audit_rules.report import Gap, Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named, number

GRADES = {"unrestricted": 1, "restricted": 2, "special": 3}
WORDS = {"unrestricted": "非限制使用级", "restricted": "限制使用级", "special": "特殊使用级"}
PREFIX = "antimicrobial:"


@rule(
    id="ABX001",
    title=Text("越级开具抗菌药物", "antimicrobial above the prescriber's grade"),
    category="authority",
    severity=Severity.CRITICAL,
    release=Release.NOBODY,
    sources=("cn-antimicrobial-2012", "cn-review-2018"),
    refs=("CN-LEG-006", "CN-ABX-002", "CN-ABX-003"),
    ingredients=lambda catalogue: frozenset(k for k, r in catalogue.ingredients.items() if r.antimicrobial),
)
def antimicrobial_above_grade(case: Case) -> Iterator[Hit | Gap]:
    """A systemic antimicrobial of a higher grade than the prescriber was granted.

    Why it matters: grades keep reserve antibiotics for those trained to judge when they are needed.
    What to do: a physician of that grade prescribes, or a drug within the grade is chosen. In an emergency one day may
    be given above the grade, with the reason recorded within 24 hours: then a pharmacist decides.
    """
    rights = case.prescriber.rights
    held = max(
        (GRADES.get(r.removeprefix(PREFIX), 0) for r in rights or () if r.startswith(PREFIX)), default=0
    )
    for item in case.items:
        graded = [(GRADES.get(case.ingredient(key).antimicrobial, 0), key) for key in item.ingredients]
        rank, key = max(graded, key=lambda pair: pair[0], default=(0, ""))
        if rank <= held or item.systemic is False:
            continue
        if rights is not None:
            yield _above(case, item, key, case.ingredient(key).antimicrobial, held)
        elif rank > GRADES["unrestricted"]:
            yield _unknown(case, item, key)


def _unknown(case: Case, item: Item, key: str) -> Gap:
    name = named(case, (key,))
    return Gap(
        lines=(item.line,),
        reason="rights_unknown",
        message=Text(
            f"未传抗菌药物处方权，{name.zh}未核对", f"antimicrobial rights not sent: {name.en} not checked"
        ),
        holds=True,
    )


def _above(case: Case, item: Item, key: str, grade: str, held: int) -> Hit:
    limit = case.catalogue.table("law").on("antimicrobial_emergency_days", case.issued_on)
    days = limit.value if limit else None
    excused = case.setting == "emergency" and days is not None and item.days is not None and item.days <= days
    name = named(case, (key,))
    lowest = grade == "unrestricted"
    severity = Severity.MODERATE if lowest else Severity.MAJOR if excused else None
    own = next((WORDS[g] for g, rank in GRADES.items() if rank == held), "无")
    return Hit(
        lines=(item.line,),
        drugs=(key,),
        message=Text(
            f"{name.zh}为{WORDS[grade]}抗菌药物，医师权限: {own}"
            + ("；急诊越级，限1日用量" if excused else ""),
            f"{name.en} is {grade} use; the prescriber's grade does not reach it"
            + ("; emergency use, one day at most" if excused else ""),
        ),
        action=Text(
            "由相应级别医师开具，或改用权限内品种；紧急情况限1日用量并于24小时内补办手续。",
            "A physician of that grade prescribes, or choose within the grade; in an emergency one day only, papers in 24 h.",
        ),
        evidence={
            "grade": grade,
            "rights": ", ".join(case.prescriber.rights or ()) or "none",
            "days": number(item.days) if item.days is not None else "not stated",
            "article": "抗菌药物临床应用管理办法 §24, §28",
        },
        severity=severity,
        release=Release.PHARMACIST if excused else None,
        refs=_refs(case, grade, excused),
    )


def _refs(case: Case, grade: str, excused: bool) -> tuple[str, ...]:
    if excused:
        return ("CN-ABX-003",)
    consultation = (
        case.setting == "inpatient" and grade == "special"
    )  # neither the right nor a consultant's signature
    return ("CN-LEG-006", "CN-ABX-002") if consultation else ("CN-LEG-006",)
