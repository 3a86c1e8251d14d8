"""FRM012."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Standing, Text
from audit_rules.rule import rule

UNSIGNED = Standing(  # made once: nearly every machine-posted document is one
    lines=(),
    drugs=(),
    message=Text("未附医师电子签名", "no electronic signature of the prescriber"),
    action=Text("由医师签名后提交。", "Have the prescriber sign it."),
    evidence={"article": "处方审核规范 §14(一); 电子签名法 §13"},
)


@rule(
    id="FRM012",
    title=Text("无医师电子签名", "no signature"),
    category="form",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-review-2018",),
    refs=("CN-LEG-008",),
    head=lambda head: not head.signed,
)
def signature_missing(case: Case) -> Iterator[Hit]:
    """No electronic signature of the prescriber came with the document.

    Why it matters: a signature proves who wrote it and that nothing changed since.
    What to do: send the signature; until all systems do, the centre relies on the institution's authenticated key.
    """
    if not (case.document.signature or "").strip():
        yield UNSIGNED
