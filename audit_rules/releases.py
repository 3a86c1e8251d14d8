"""What a signature or a stated reason does to a finding: it becomes a pharmacist's to decide. It never
passes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from audit_rules.report import Finding, Release, Severity
from audit_rules.rx1 import Prescription

BY_SIGNATURE = (Release.DOUBLE_SIGN, Release.COSIGN, Release.REASON)


def released(finding: Finding, document: Prescription, records: Sequence[Mapping[str, Any]]) -> Finding:
    """The finding, lowered to major for a pharmacist where its release is on record.

    A record counts for its own kind and rule. The document's `double_signed_by` counts for `double_sign`
    findings only. A record whose signer or reason is blank counts for nothing.
    """
    if finding.release not in BY_SIGNATURE or finding.severity < Severity.MAJOR:
        return finding
    evidence = _by_record(finding, records) or _by_document(finding, document)
    if evidence is None:
        return finding
    return finding._replace(
        severity=Severity.MAJOR,
        release=Release.PHARMACIST,
        evidence={**finding.evidence, **evidence},
    )


def _by_record(finding: Finding, records: Sequence[Mapping[str, Any]]) -> dict[str, str] | None:
    for record in records:
        signer, reason = str(record.get("signer") or "").strip(), str(record.get("reason") or "").strip()
        if (
            record.get("kind") == finding.release
            and record.get("rule") == finding.rule
            and (signer or reason)
        ):
            if finding.release is not Release.REASON and not signer:
                continue
            said = {"released_by": str(finding.release), "signer": signer, "reason": reason}
            return {key: text for key, text in said.items() if text}
    return None


def _by_document(finding: Finding, document: Prescription) -> dict[str, str] | None:
    signer = (document.reasons.double_signed_by or "").strip() if document.reasons else ""
    if finding.release is not Release.DOUBLE_SIGN or not signer:
        return None
    return {"released_by": str(Release.DOUBLE_SIGN), "signer": signer}
