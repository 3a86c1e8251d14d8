"""What the instructions of a decoction say of all its pieces."""

from audit_rules.case import Case
from audit_rules.items import Item

OUTSIDE = (
    "外用",
    "外洗",
    "外敷",
    "熏洗",
    "熏蒸",
    "泡脚",
    "泡洗",
    "足浴",
    "坐浴",
    "灌肠",
    "含漱",
    "调敷",
    "external",
)
GRANULES = "granules"


def for_outside(case: Case) -> bool:
    """Whether the decoction is meant for the skin, a bath or an enema, and nothing says that it is swallowed."""
    usage = ((case.herbal.usage if case.herbal else None) or "").lower()
    return "服" not in usage and any(word in usage for word in OUTSIDE)


def is_granules(item: Item) -> bool:
    """Whether the piece is given as ready extract (配方颗粒), which is dissolved and not boiled."""
    return item.form == GRANULES
