from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.items import Use
from audit_rules.past import Past
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

WINDOW_DAYS = 7  # a refill may be issued this many days early, or while a quarter of the supply is left
WINDOW_SHARE = 4


@rule(
    id="HIS001",
    title=Text("跨机构重复：前次药量未用完", "Earlier supply is not used up"),
    category="history",
    severity=Severity.MAJOR,
    sources=("cn-review-2018",),
    refs=("CN-APP-021",),
    repeats=True,
    when=lambda case: case.has_past,
)
def still_in_supply(case: Case) -> Iterator[Hit | Gap]:
    """The same ingredient was issued before and much of that supply is left: more than 7 days and more than a quarter.

    Another institution's supply needs a pharmacist; the same institution's is shown only (a lost pack, a journey, a changed
    dose). Refills a few days early, local forms beside systemic ones, drugs taken when needed and diluents do not count.

    Why it matters: two institutions that do not see each other give a double dose, or stock for somebody else.
    What to do: ask the patient; cancel, shorten, or state the reason.
    """
    if not case.open_past:
        return
    intended = case.catalogue.table("duplicate_pairs")
    for key in dict.fromkeys(use.ingredient for use in case.uses):
        if (key, key) in intended or case.ingredient(key).kind == "piece":
            continue
        found = [(use, past) for use in case.uses_of(key) for past in _left(case, use)]
        if found:
            yield _hit(case, key, found)


def _left(case: Case, use: Use) -> Iterator[Past]:
    for past in case.open_past:
        if past.ingredient != use.ingredient or past.source != "history" or past.item.as_needed:
            continue
        same_way = past.systemic == use.systemic and (
            past.systemic or past.item.route_group == use.item.route_group
        )
        if past.ends_on is None or not same_way:
            continue
        left, whole = (past.ends_on - case.issued_on).days, (past.ends_on - past.issued_on).days
        if left > WINDOW_DAYS and left * WINDOW_SHARE > whole:
            yield past


def _hit(case: Case, key: str, found: list[tuple[Use, Past]]) -> Hit:
    here = case.institution.code
    elsewhere = [past for _, past in found if past.institution != here]
    past = max(elsewhere or [p for _, p in found], key=lambda p: (p.ends_on or p.issued_on, p.number or ""))
    left = (past.ends_on - case.issued_on).days if past.ends_on else 0
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


def _at_home(found: list[tuple[Use, Past]]) -> Severity:
    """A changed dose is a changed plan, not a second supply."""
    changed = all(
        use.daily is not None and past.daily is not None and use.daily != past.daily for use, past in found
    )
    return Severity.INFO if changed else Severity.MODERATE
