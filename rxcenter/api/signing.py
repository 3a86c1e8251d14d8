"""The placer signs again: a double signature, co-signature or reason for findings that ask for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rxcenter.accounts.keys import Client
from rxcenter.api.authentication import placer
from rxcenter.api.reading import mine
from rxcenter.errors import Invalid, Words
from rxcenter.prescriptions.countersigning import countersign, signed_before
from rxcenter.review.models import AuditRun


@dataclass(frozen=True, slots=True)
class Signature:
    """What a placer says when it signs again: which revision, for findings of which rules, who and why."""

    kind: str  # double_sign | cosign | reason
    revision: int
    rules: list[str]
    signer: str
    reason: str


def double_sign(prescription: UUID, signature: Signature, *, client: Client, at: datetime) -> bool:
    """Record a signature for findings of the latest audit that ask for it. Raises Invalid naming what does not fit."""
    row = mine(client, pk=prescription)
    same = {"kind": signature.kind, "rules": signature.rules, "signer": signature.signer}
    if signature.revision == row.revision and signed_before(prescription, **same):
        return False
    run = AuditRun.objects.filter(prescription=prescription).order_by("-pk").first()
    asked = {f["rule"] for f in run.report["findings"] if _asks(f, signature.kind)} if run else set()
    if problems := list(_misfits(signature, row.revision, asked, row.document["prescriber"]["id"])):
        raise Invalid(Words("签名不符合要求", "the signature does not fit"), problems=problems)
    return countersign(
        prescription,
        kind=signature.kind,
        rules=signature.rules,
        signer=signature.signer,
        reason=signature.reason,
        by=placer(client),
        at=at,
    )


def _misfits(said: Signature, revision: int, asked: set[str], prescriber: str) -> Iterator[dict[str, object]]:
    if said.revision != revision:
        yield _problem("$.revision", str(said.revision), str(revision), "不是当前版本", "not this revision")
    if wrong := sorted(set(said.rules) - asked):
        words = ("这些规则没有要求此类签名的结果", "no finding of these rules asks for such a signature")
        yield _problem("$.findings", ", ".join(wrong), ", ".join(sorted(asked)) or "-", *words)
    if said.kind == "double_sign" and said.signer != prescriber:
        yield _problem(
            "$.signer", said.signer, prescriber, "须由开方医师本人再次签名", "the prescriber signs again"
        )
    if said.kind == "cosign" and said.signer == prescriber:
        yield _problem(
            "$.signer", said.signer, f"≠ {prescriber}", "须由另一位医师会签", "another prescriber co-signs"
        )


def _asks(finding: dict[str, object], kind: str) -> bool:
    return finding["release"] == kind and finding["severity"] in ("critical", "major")


def _problem(path: str, found: str, allowed: str, zh: str, en: str) -> dict[str, object]:
    return {"path": path, "found": found, "allowed": allowed, "message": {"zh": zh, "en": en}}
