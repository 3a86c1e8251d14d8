"""FRM009."""

from collections.abc import Iterator

from audit_rules.items import Item
from audit_rules.lines import Lines
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule


@rule(
    id="FRM009",
    title=Text("给药途径缺失", "route missing"),
    category="form",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-prescription-2007", "cn-comment-2010"),
    refs=("CN-NRM-008",),
    kinds=("western",),
    line=lambda reading, _: _without_route(reading.item),
    lines_only=True,
)
def route_missing(case: Lines) -> Iterator[Hit]:
    """A line of a western prescription says no route and its dosage form implies none.

    Why it matters: the same drug by another route can be another dose or a danger.
    What to do: write the route. Where the form says it (tablet, eye drops) nothing is asked. For a drug that
    nobody knows it is shown only: that line is held already (GAP001).
    """
    if case.kind != "western":
        return
    without = [item for item in case.items if _without_route(item) and not _is_piece(case, item)]
    for known in (True, False):
        lines = [item for item in without if item.known is known]
        if not lines:
            continue
        yield Hit(
            lines=tuple(item.line for item in lines),
            drugs=tuple(key for item in lines for key in item.ingredients),
            message=Text(
                "未写给药途径，剂型也不能确定", "no route is written and the dosage form implies none"
            ),
            action=Text("写明给药途径。", "Write the route."),
            evidence={"missing": "route", "article": "处方管理办法 §6, §7"},
            severity=None if known else Severity.MODERATE,
        )


def _without_route(item: Item) -> bool:
    return item.route is None and not (item.raw.route or "").strip()


def _is_piece(case: Lines, item: Item) -> bool:
    return any(case.ingredient(key).kind == "piece" for key in item.ingredients)
