"""FRM015."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

PAPERS = frozenset({"resident_id", "passport", "military_id", "residence_permit"})
REGISTERED = frozenset({"health_card", "insurance_card", "social_security_card", "electronic_health_card"})
SPECIAL = frozenset({"narcotic", "psychotropic_1"})


@rule(
    id="FRM015",
    title=Text("麻醉、精一药品缺身份证明编号", "identity number missing for a controlled drug"),
    category="form",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-prescription-2007",),
    refs=("CN-NRM-019",),
    ingredients=lambda catalogue: catalogue.table("controls").keys_of(*SPECIAL),
)
def identity_for_narcotic_missing(case: Case) -> Iterator[Hit]:
    """A narcotic or class I psychotropic, and no number of an identity paper of the patient came with it.

    Why it matters: the register of these drugs is kept by identity number; one person must not collect under two names.
    What to do: send the resident ID or passport number among the patient's identifiers. A card of the region's register
    (health or insurance card) is linked there to the paper, which the dispenser looks at: then it is folded away.
    """
    raw = case.document.patient
    systems = {i.system for i in (raw.id, *(raw.other_ids or ()))}
    if not systems.isdisjoint(PAPERS):
        return
    table = case.catalogue.table("controls")
    found = [(i.line, key) for i in case.items for key, c in table.of(i, case.issued_on) if c in SPECIAL]
    if found:
        name = named(case, (key for _, key in found))
        yield Hit(
            lines=tuple(line for line, _ in found),
            drugs=tuple(key for _, key in found),
            message=Text(f"{name.zh}处方缺患者身份证明编号", f"{name.en}: no identity number of the patient"),
            action=Text(
                "补充患者(及代办人)身份证明编号。", "Add the patient's identity number (and the collector's)."
            ),
            evidence={"identifiers": raw.id.system, "article": "处方管理办法 附件1, §21"},
            severity=None if systems.isdisjoint(REGISTERED) else Severity.INFO,
        )
