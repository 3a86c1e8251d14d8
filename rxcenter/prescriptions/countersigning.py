"""A prescriber signs again, co-signs or gives a reason, for named findings of one revision; then it is audited anew."""

from datetime import datetime
from uuid import UUID

from rxcenter.accounts.roles import Actor
from rxcenter.errors import Words, WrongState
from rxcenter.jobs import queue
from rxcenter.ledger.recording import record, transaction
from rxcenter.prescriptions.lifecycle import Step, lock, move
from rxcenter.prescriptions.models import Countersignature
from rxcenter.prescriptions.states import State


def signed_before(prescription: UUID, *, kind: str, rules: list[str], signer: str) -> bool:
    """Whether the same signature is on record: sent again, it is nothing new."""
    wanted = {"kind": kind, "signer": signer, "rules": sorted(set(rules))}
    return Countersignature.objects.filter(prescription=prescription, **wanted).exists()


def countersign(
    prescription: UUID, *, kind: str, rules: list[str], signer: str, reason: str, by: Actor, at: datetime
) -> bool:
    """Record a signature and have the prescription audited again; False when the same one was recorded before.

    It never approves anything: at best it lowers findings to a pharmacist's decision. Raises WrongState unless the
    prescription waits with the prescriber or in review. Which findings it may be about is the caller's check.
    """
    with transaction():
        row = lock([prescription])[prescription]
        signature, new = Countersignature.objects.get_or_create(
            prescription_id=prescription,
            kind=kind,
            signer=signer,
            rules=sorted(set(rules)),
            defaults={"reason": reason, "at": at},
        )
        if not new:
            return False
        if row.state not in (State.WITH_PRESCRIBER, State.IN_REVIEW):
            words = Words(
                f"当前状态为“{State(row.state).label}”,不接受签名",
                f"no signature is expected: it is {row.state}",
            )
            raise WrongState(words, state=row.state)
        body = {"kind": kind, "rules": signature.rules, "signer": signer}
        record(
            "prescription.countersigned",
            subject=row.pk,
            streams=[row.institution_id],
            actor=str(by),
            at=at,
            body=body,
        )
        move(Step(prescription, "reaudit"), by=by, at=at)
        queue.add([queue.NewJob("audit", prescription)])
        return True
