"""FRM013."""

from collections.abc import Iterator
from functools import lru_cache

from audit_rules.items import Item
from audit_rules.lines import Lines
from audit_rules.report import Hit, Release, Severity, Standing, Text
from audit_rules.rule import rule


@rule(
    id="FRM013",
    title=Text("药品数量缺失", "quantity missing"),
    category="form",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-prescription-2007", "cn-comment-2010"),
    refs=("CN-NRM-008",),
    kinds=("western",),
    line=lambda reading, _: _without_quantity(reading.item),
    lines_only=True,
)
def quantity_missing(case: Lines) -> Iterator[Hit]:
    """A line of a western prescription does not say how many packs or units are to be given out.

    Why it matters: the dispenser must work it out from dose, frequency and days.
    What to do: send the quantity.
    """
    if case.kind != "western":
        return
    lines = tuple([item.line for item in case.items if _without_quantity(item)])
    if lines:
        yield _hit(lines)


def _without_quantity(item: Item) -> bool:
    return item.raw.quantity is None or item.raw.quantity.value is None


@lru_cache(maxsize=4096)
def _hit(lines: tuple[int, ...]) -> Hit:
    return Standing(
        lines=lines,
        drugs=(),
        message=Text("未写药品数量", "no quantity is written"),
        action=Text("写明数量和单位。", "Write quantity and unit."),
        evidence={"article": "处方管理办法 §7"},
    )
