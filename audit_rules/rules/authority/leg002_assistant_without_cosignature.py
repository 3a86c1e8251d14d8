"""LEG002."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule

RURAL = frozenset({"township_centre", "village_clinic"})
NEEDS_COSIGNATURE = {
    "assistant": ("执业助理医师", "assistant physician"),
    "village": ("乡村医生", "village doctor"),
}


@rule(
    id="LEG002",
    title=Text("执业助理医师处方未会签", "assistant physician without co-signature"),
    category="authority",
    severity=Severity.CRITICAL,
    release=Release.COSIGN,
    sources=("cn-prescription-2007",),
    refs=("CN-LEG-002",),
    head=lambda head: head.title in NEEDS_COSIGNATURE,
)
def assistant_without_cosignature(case: Case) -> Iterator[Hit]:
    """An assistant physician or village doctor prescribes outside a rural institution and no physician has co-signed.

    Why it matters: outside townships and villages their prescription takes effect only with a physician's signature.
    What to do: a physician of the same institution reads and co-signs it.
    """
    who = NEEDS_COSIGNATURE.get(case.prescriber.title or "")
    if who is None or (case.prescriber.cosigned_by or "").strip() or case.institution.type in RURAL:
        return
    yield Hit(
        lines=tuple(item.line for item in case.items),
        drugs=(),
        message=Text(
            f"{who[0]}开具的处方未经执业医师签名，尚不生效",
            f"written by an {who[1]} and not co-signed"
            if who[1][0] == "a"
            else f"written by a {who[1]} and not co-signed",
        ),
        action=Text("请本机构执业医师审阅并会签。", "A physician of this institution reads and co-signs it."),
        evidence={
            "title": case.prescriber.title or "",
            "institution type": case.institution.type or "not sent",
            "article": "处方管理办法 §8, §9",
        },
    )
