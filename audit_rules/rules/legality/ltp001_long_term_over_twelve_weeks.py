"""LTP001."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import number


@rule(
    id="LTP001",
    title=Text("长期处方超过12周", "long-term prescription over twelve weeks"),
    category="legality",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-long-term-2021",),
    refs=("CN-LTP-002",),
    line=lambda reading, catalogue: catalogue.table("law").ever_below("long_term_days", reading.item.days),
    head=lambda head: head.long_term,
)
def long_term_over_twelve_weeks(case: Case) -> Iterator[Hit]:
    """A long-term prescription for more than 84 days.

    Why it matters: a chronic disease that nobody sees for longer than three months goes wrong unnoticed.
    What to do: shorten to 84 days or less and agree on the next visit.
    """
    limit = case.catalogue.table("law").on("long_term_days", case.issued_on)
    if limit is None or not case.long_term:
        return
    over = [item for item in case.items if item.days is not None and item.days > limit.value]
    if not over:
        return
    longest = max(item.days for item in over if item.days is not None)
    yield Hit(
        lines=tuple(item.line for item in over),
        drugs=tuple(key for item in over for key in item.ingredients),
        message=Text(
            f"长期处方开具{number(longest)}日，最长{number(limit.value)}日(12周)",
            f"a long-term supply of {number(longest)} days; the most is {number(limit.value)} (12 weeks)",
        ),
        action=Text(
            f"改为不超过{number(limit.value)}日并约定复诊。",
            f"Give {number(limit.value)} days or less and set the next visit.",
        ),
        evidence={
            "days": number(longest),
            "limit": number(limit.value),
            "article": f"长期处方管理规范(试行) {limit.article}",
        },
        cause="long-term-days",
    )
