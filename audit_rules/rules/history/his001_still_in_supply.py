from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.items import Use
from audit_rules.past import Past
from audit_rules.report import Gap, Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.supply import days_left, in_supply
from audit_rules.wording import named


@rule(
    id="HIS001",
    title=Text("跨机构重复：前次药量未用完", "Earlier supply is not used up"),
    category="history",
    severity=Severity.MAJOR,
    release=Release.REASON,
    sources=("cn-review-2018",),
    refs=("CN-APP-021",),
    version=2,
    repeats=True,
    lines=lambda _, has_past: has_past,
)
def still_in_supply(case: Case) -> Iterator[Hit | Gap]:
    """The same ingredient was issued before and much of that supply is left.

    Much is more than 7 days and more than a quarter of it; of a supply of two weeks or less, three days and more than a
    half. Another institution's supply needs a pharmacist; the same institution's is shown only (a lost pack, a journey, a
    changed dose). Refills a few days early, local forms beside systemic ones, drugs taken when needed and diluents do
    not count.

    Why it matters: two institutions that do not see each other give a double dose, or stock for somebody else.
    What to do: ask the patient; cancel, shorten, or state the reason.
    """
    for key, found in in_supply(case).items():
        yield _hit(case, key, found)


def _hit(case: Case, key: str, found: tuple[tuple[Use, Past], ...]) -> Hit:
    here = case.institution.code
    elsewhere = [past for _, past in found if past.institution != here]
    past = max(elsewhere or [p for _, p in found], key=lambda p: (p.ends_on or p.issued_on, p.number or ""))
    left = days_left(case, past)
    name, day = named(case, (key,)), past.issued_on.isoformat()
    return Hit(
        lines=tuple(use.line for use, _ in found),
        drugs=(key,),
        message=Text(
            f"{name.zh}：{past.institution}于{day}所开药量还剩{left}天",
            f"{name.en}: {left} days are left of what {past.institution} issued on {day}",
        ),
        action=Text(
            "询问患者；取消、减少天数或说明理由", "Ask the patient; cancel, shorten, or state the reason"
        ),
        evidence={
            "issued_on": day,
            "lasts_until": past.ends_on.isoformat() if past.ends_on else "",
            "days_left": str(left),
        },
        severity=Severity.MAJOR if elsewhere else _at_home(found),
        history=tuple({repr(p.ref): p.ref for _, p in found}.values()),
        cause=f"supply:{key}",
    )


def _at_home(found: tuple[tuple[Use, Past], ...]) -> Severity:
    """A changed dose is a changed plan, not a second supply."""
    changed = all(
        use.daily is not None and past.daily is not None and use.daily != past.daily for use, past in found
    )
    return Severity.INFO if changed else Severity.MODERATE
