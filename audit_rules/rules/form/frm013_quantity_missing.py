"""FRM013."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
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
)
def quantity_missing(case: Case) -> Iterator[Hit]:
    """A line of a western prescription does not say how many packs or units are to be given out.

    Why it matters: the dispenser must work it out from dose, frequency and days.
    What to do: send the quantity.
    """
    if case.kind != "western":
        return
    lines = tuple(i.line for i in case.items if i.raw.quantity is None or i.raw.quantity.value is None)
    if lines:
        yield Hit(
            lines=lines,
            drugs=(),
            message=Text("未写药品数量", "no quantity is written"),
            action=Text("写明数量和单位。", "Write quantity and unit."),
            evidence={"article": "处方管理办法 §7"},
        )
