"""A fentanyl patch for somebody who had no opioid before."""

from collections.abc import Iterator
from datetime import date, timedelta

from audit_rules.case import Case
from audit_rules.past import Past
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

PATCH = "fentanyl"
SKIN = frozenset({"transdermal", "topical"})
TOLERANT = "class:opioid"
WEANED = timedelta(days=14)  # tolerance is lost within about two weeks
CANCER = ("C", "D37", "D38", "D39", "D4", "R521", "Z515")


@rule(
    id="DOS011",
    title=Text("未用过阿片者使用芬太尼贴剂", "A fentanyl patch without an opioid before"),
    category="dose",
    severity=Severity.CRITICAL,
    sources=("label-fentanyl", "cn-high-alert"),
    refs=("CN-APP-020",),
    ingredients=lambda catalogue: frozenset({PATCH}),
)
def patch_without_opioid_before(case: Case) -> Iterator[Hit | Gap]:
    """A fentanyl patch, and neither an earlier prescription nor a current medication shows an opioid in the last 14 days.

    In cancer pain the earlier opioid may only not be recorded: there it is shown.

    Why it matters: the smallest patch gives as much as 60 mg of oral morphine a day; in people without tolerance it has
    stopped breathing hours after it was put on.
    What to do: start with an oral opioid and titrate; change to a patch when the need is stable.
    """
    since = case.issued_on - WEANED
    if any(_lately(past, since) for past in case.past_in(TOLERANT)):
        return
    file = case.programme is not None and bool(case.programme.cancer_pain_file)
    for use in case.uses_of(PATCH):
        if use.item.route_group not in SKIN and use.route not in SKIN:
            continue
        drug = named(case, (PATCH,))
        yield Hit(
            lines=(use.line,),
            drugs=(PATCH,),
            message=Text(
                f"{drug.zh}贴剂：14天内无阿片类用药记录，未耐受者可致呼吸抑制死亡",
                f"{drug.en} patch: no opioid is recorded for the last 14 days; without tolerance it may stop breathing",
            ),
            action=Text(
                "先用口服阿片滴定，需要量稳定后换贴剂；已在用者请补充用药记录",
                "titrate an oral opioid first, change to a patch once the need is stable; if one is taken, record it",
            ),
            evidence={"since": since.isoformat(), "opioids": "none recorded"},
            severity=Severity.MODERATE if file or case.has_icd(CANCER) else None,
            cause=f"naive:{use.line}",
        )


def _lately(past: Past, since: date) -> bool:
    return past.ends_on is None or past.ends_on >= since
