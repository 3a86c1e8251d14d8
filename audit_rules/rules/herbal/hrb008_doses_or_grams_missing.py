"""HRB008."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule


@rule(
    id="HRB008",
    title=Text("剂数或克数缺失", "number of doses or grams missing"),
    category="form",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-herbal-format-2010", "cn-prescription-2007"),
    refs=("CN-TCM-009",),
    kinds=("herbal",),
)
def doses_or_grams_missing(case: Case) -> Iterator[Hit]:
    """A decoction without the number of doses (剂), or a piece without amount or unit.

    Why it matters: the dispenser cannot weigh it and nobody can see an overdose.
    What to do: write doses, grams and unit.
    """
    if case.kind != "herbal":
        return
    bare = [
        i
        for i in case.items
        if i.raw.dose is None or i.raw.dose.value is None or not (i.raw.dose.unit or "").strip()
    ]
    missing = []
    if case.herbal is None or case.herbal.doses is None:
        missing.append(Text("剂数", "doses"))
    if bare:
        missing.append(
            Text(
                "克数或单位: " + "、".join(i.name for i in bare),
                "grams or unit: " + ", ".join(i.name for i in bare),
            )
        )
    if missing:
        yield Hit(
            lines=tuple(i.line for i in bare),
            drugs=tuple(key for i in bare for key in i.ingredients),
            message=Text(
                "饮片处方缺" + "；".join(m.zh for m in missing),
                "missing: " + "; ".join(m.en for m in missing),
            ),
            action=Text("补充剂数、克数和单位。", "Write doses, grams and unit."),
            evidence={"article": "处方管理办法 §7; 中药处方格式及书写规范"},
        )
