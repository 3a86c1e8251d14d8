"""ABX004."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named, number


@rule(
    id="ABX004",
    title=Text("门诊抗菌药物疗程过长", "outpatient antimicrobial course too long"),
    category="duration",
    severity=Severity.MAJOR,
    release=Release.REASON,
    sources=("cn-prescription-2007", "cn-antimicrobial-guide-2015"),
    refs=("CN-ABX-006",),
    ingredients=lambda catalogue: frozenset(k for k, r in catalogue.ingredients.items() if r.antimicrobial),
)
def outpatient_course_too_long(case: Case) -> Iterator[Hit]:
    """A systemic antimicrobial for more than seven days outside the ward, without reason or an infection that needs it.

    Why it matters: longer than needed breeds resistance and harms the gut.
    What to do: shorten the course and review, or state the reason. Infections with long courses (tuberculosis, bone,
    heart valve, H. pylori, acne, prostatitis) are silent.
    """
    limit = case.catalogue.table("law").on("antimicrobial_outpatient_days", case.issued_on)
    if (
        limit is None
        or case.setting == "inpatient"
        or case.long_term
        or (case.reasons.over_supply or "").strip()
    ):
        return
    if case.has_icd(case.catalogue.table("icd_lists")["long_course_infection"]):
        return
    for item in case.items:
        if item.days is None or item.days <= limit.value or item.systemic is False:
            continue
        keys = tuple(key for key in item.ingredients if case.ingredient(key).antimicrobial)
        if not keys:
            continue
        name, days = named(case, keys), number(item.days)
        yield Hit(
            lines=(item.line,),
            drugs=keys,
            message=Text(
                f"{name.zh}疗程{days}日，超过{number(limit.value)}日且未说明理由",
                f"{name.en} for {days} days, over {number(limit.value)} without a reason",
            ),
            action=Text(
                "缩短疗程并复诊，或说明理由。", "Shorten the course and review, or state the reason."
            ),
            evidence={"days": days, "limit": number(limit.value), "article": f"处方管理办法 {limit.article}"},
        )
