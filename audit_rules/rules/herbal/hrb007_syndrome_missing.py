"""HRB007."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule


@rule(
    id="HRB007",
    title=Text("无中医病名或证型", "no disease or syndrome of Chinese medicine"),
    category="form",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-review-2018", "cn-herbal-format-2010"),
    refs=("CN-TCM-007",),
    kinds=("herbal",),
)
def syndrome_missing(case: Case) -> Iterator[Hit]:
    """A decoction without disease name and syndrome (病名, 证型) of Chinese medicine.

    Why it matters: pieces are chosen by syndrome; without it nobody can judge the prescription.
    What to do: write both.
    """
    if case.kind != "herbal":
        return
    herbal = case.herbal
    missing = []
    if herbal is None or not (herbal.disease or "").strip():
        missing.append(Text("中医病名", "disease"))
    if herbal is None or not (herbal.syndrome or "").strip():
        missing.append(Text("证型", "syndrome"))
    if missing:
        yield Hit(
            lines=(),
            drugs=(),
            message=Text(
                "饮片处方缺" + "、".join(m.zh for m in missing),
                "missing: " + ", ".join(m.en for m in missing),
            ),
            action=Text("补充中医病名和证型。", "Write disease and syndrome."),
            evidence={"missing": ", ".join(m.en for m in missing), "article": "处方审核规范 §15(二)1"},
        )
