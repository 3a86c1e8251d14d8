"""LEG005."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.names import plain
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule

TRIAL = frozenset({"trial", "trial_period", "试用期", "试用期医师", "试用"})
VISITING = frozenset({"visiting", "进修", "进修医师"})


@rule(
    id="LEG005",
    title=Text(
        "试用期、进修医师处方未会签或未授权", "trial-period or visiting physician without signature or grant"
    ),
    category="authority",
    severity=Severity.CRITICAL,
    release=Release.COSIGN,
    sources=("cn-prescription-2007",),
    refs=("CN-LEG-003",),
    head=lambda head: plain(head.practice) in TRIAL | VISITING,
)
def trial_or_visiting_without_grant(case: Case) -> Iterator[Hit]:
    """The document names the prescriber's practice as trial period without a co-signature, or as visiting without a grant.

    The grant of the host institution is its registration of the physician (`registered`).

    Why it matters: in the trial period a prescription takes effect only when a physician of the place has signed it;
    a visiting physician prescribes only after the host has examined and granted it.
    What to do: a physician of this institution reads and co-signs it.
    """
    practice = plain(case.prescriber.practice or "")
    signed = bool((case.prescriber.cosigned_by or "").strip())
    if signed or (practice not in TRIAL and (practice not in VISITING or case.prescriber.registered)):
        return
    who = Text("试用期医师", "trial-period") if practice in TRIAL else Text("进修医师", "visiting")
    yield Hit(
        lines=tuple(item.line for item in case.items),
        drugs=(),
        message=Text(
            f"{who.zh}开具的处方未经本机构执业医师签名或授权",
            f"a {who.en} physician's prescription, not co-signed",
        ),
        action=Text("请本机构执业医师审阅并会签。", "A physician of this institution reads and co-signs it."),
        evidence={"practice": case.prescriber.practice or "", "article": "处方管理办法 §12, §13"},
    )
