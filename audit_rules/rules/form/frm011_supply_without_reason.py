"""FRM011."""

from collections.abc import Iterator
from decimal import Decimal

from audit_rules.case import Case
from audit_rules.items import Item
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import number

SETTINGS = frozenset({"outpatient", "internet", "home", "emergency"})


@rule(
    id="FRM011",
    title=Text("超过处方用量且未说明理由", "supply over the ordinary without a reason"),
    category="duration",
    severity=Severity.CRITICAL,
    release=Release.REASON,
    sources=("cn-prescription-2007-supply", "cn-comment-2010"),
    refs=("CN-NRM-010", "CN-NRM-011"),
    head=lambda head: not head.long_term and not head.over_supply,
)
def supply_without_reason(case: Case) -> Iterator[Hit]:
    """More than seven days (emergency: three) on a prescription that is not long-term and gives no reason.

    Why it matters: longer supplies go without review; the law wants the reason (chronic disease, old age, distance).
    What to do: give the ordinary supply, or state the reason. Controlled drugs have limits of their own (CTL001).
    """
    if case.setting not in SETTINGS or case.long_term or (case.reasons.over_supply or "").strip():
        return
    limit = case.catalogue.table("law").on(f"supply_days_{case.setting}", case.issued_on)
    if limit is None:
        return
    days = {item.line: _days(case, item) for item in case.items if not _has_limits_of_its_own(case, item)}
    over = {line: given for line, given in days.items() if given is not None and given > limit.value}
    if not over:
        return
    longest = max(over.values())
    yield Hit(
        lines=tuple(over),
        drugs=tuple(key for item in case.items if item.line in over for key in item.ingredients),
        message=Text(
            f"处方用量{number(longest)}日，超过{number(limit.value)}日且未说明理由",
            f"{number(longest)} days of supply, over {number(limit.value)}, and no reason given",
        ),
        action=Text(
            f"改为{number(limit.value)}日以内，或说明理由(慢性病、老年病、特殊情况)。",
            f"Give {number(limit.value)} days or less, or state the reason (chronic disease, old age, special case).",
        ),
        evidence={
            "days": number(longest),
            "limit": number(limit.value),
            "article": f"处方管理办法 {limit.article}",
        },
        refs=limit.refs,
    )


def _has_limits_of_its_own(case: Case, item: Item) -> bool:
    """Narcotic and psychotropic drugs: the special rule on their supply goes before the general one."""
    own = case.catalogue.table("controls").of(item, case.issued_on)
    return any(control in ("narcotic", "psychotropic_1", "psychotropic_2") for _, control in own)


def _days(case: Case, item: Item) -> Decimal | None:
    herbal = case.herbal
    if item.days is None and case.kind == "herbal" and herbal is not None and herbal.doses is not None:
        return herbal.doses / (herbal.per_day or Decimal(1))
    return item.days
