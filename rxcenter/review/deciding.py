"""A pharmacist approves, returns or rejects; where a release asks for it, two pharmacists approve."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from rxcenter.accounts.models import User
from rxcenter.accounts.roles import Actor
from rxcenter.accounts.scopes import Staff
from rxcenter.errors import Conflict, NotFound, ReasonNeeded, Words
from rxcenter.jobs import queue
from rxcenter.ledger.recording import record, transaction
from rxcenter.prescriptions.lifecycle import Step, lock, move
from rxcenter.review import reasons
from rxcenter.review.approval import route_job
from rxcenter.review.models import Decision, Waiting
from rxcenter.review.taking import check_reviewer, locked, taken
from rxcenter.review.timing import WITH_PRESCRIBER_DAYS
from rxcenter.review.waiting import first_decision, held_by, reviewer
from rxcenter.review.weighing import Asked, asked, check_approval

Verdict = Decision.Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a pharmacist sends. `run` is the audit they read; `token` that of their form.

    `reasons` maps a finding's position (as text), or "gaps", to a code of reasons.RELEASES or reasons.GAPS.
    `code` is one of reasons.RETURNS or REJECTIONS. `note` goes to the prescriber, `monitoring` stays on record.
    """

    verdict: str
    run: int | None
    token: UUID
    reasons: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    note: str = ""
    monitoring: str = ""
    ask_second: bool = False  # approve, but let a second pharmacist confirm


class NotTaken(Conflict):
    """A prescription is decided by the one who holds it."""

    slug = "take-it-first"


class AuditedAgain(Conflict):
    """The findings have changed since the pharmacist read them."""

    slug = "audited-again"


class TokenUsed(Conflict):
    """The form was sent before, with another content."""

    slug = "form-used"


def decide(prescription: UUID, answer: Answer, *, by: User, at: datetime) -> Decision:
    """Write the decision, move the prescription and add what follows, in one transaction; refused = nothing changed.

    Sending the same form twice returns the first decision. Raises NotFound, WrongState, NotTaken, AuditedAgain,
    OwnPrescription, SamePharmacist, NotReleasable, ReasonNeeded (Undecided), TokenUsed.
    """
    staff = Staff(by)
    with transaction():
        if not lock([prescription]):
            raise NotFound()
        before = Decision.objects.filter(token=answer.token).first()
        if before is not None:
            return _same(before, prescription, answer, by)
        row = locked(staff, prescription)
        actor = reviewer(staff, row.institution_id)
        if actor is None:
            raise NotFound()
        _check_holder(row, answer, by, at)
        first = first_decision(row)
        decision = _decision(row, answer, by, at, first)
        _finish(row, decision, actor, at)
        return decision


def _same(before: Decision, prescription: UUID, answer: Answer, by: User) -> Decision:
    if (before.prescription_id, before.verdict, before.by_id) != (prescription, answer.verdict, by.pk):
        raise TokenUsed(Words("该表单已提交过", "this form was sent before with another content"))
    return before


def _check_holder(row: Waiting, answer: Answer, by: User, at: datetime) -> None:
    holder = held_by(row, at)
    if holder != by:
        if holder is not None:
            raise taken(holder)
        raise NotTaken(Words("请先领取该处方", "take the prescription first"))
    if row.run_id != answer.run:
        raise AuditedAgain(
            Words("该处方已重新审核,请查看新的结果", "it was audited again: read the new findings")
        )
    check_reviewer(row, by)


def _decision(row: Waiting, answer: Answer, by: User, at: datetime, first: Decision | None) -> Decision:
    final = True
    if answer.verdict == Verdict.APPROVE:
        what = asked(row)
        check_approval(what, answer.reasons, answer.monitoring)
        final = first is not None or not (what.two or answer.ask_second)
        given = _known(what, answer)
    else:
        _check_code(answer)
        given = {}
    return Decision.objects.create(
        prescription_id=row.prescription_id,
        run_id=row.run_id,
        verdict=Verdict(answer.verdict),
        reasons=given,
        code=answer.code if answer.verdict != Verdict.APPROVE else "",
        note=answer.note.strip()[:2000],
        monitoring=answer.monitoring.strip()[:1000],
        by=by,
        at=at,
        second_of=first,
        final=final,
        token=answer.token,
    )


def _known(what: Asked, answer: Answer) -> dict[str, str]:
    return {key: answer.reasons[key] for key in what.keys}


def _check_code(answer: Answer) -> None:
    listed = reasons.RETURNS if answer.verdict == Verdict.RETURN else reasons.REJECTIONS
    reason = reasons.find(listed, answer.code)
    if reason is None:
        raise ReasonNeeded(Words("请选择理由", "choose a reason"))
    if reason.needs_note and not answer.note.strip():
        raise ReasonNeeded(Words("请说明具体理由", "say what the reason is"))


def _finish(row: Waiting, decision: Decision, actor: Actor, at: datetime) -> None:
    """Move the prescription and the queue row to where the decision sends them."""
    row.taken_by, row.taken_at = None, None
    if not decision.final:
        row.seconds_needed = True
        # Names no verdict: the second pharmacist judges without knowing the first one's answer.
        record("prescription.second_review", subject=decision.prescription_id, streams=[row.institution_id],
               actor=str(actor), at=at, body={"audit": decision.run_id})  # fmt: skip
    elif decision.verdict == Verdict.APPROVE:
        body = {"decision": decision.pk, "reasons": sorted(set(decision.reasons.values()))}
        move(Step(decision.prescription_id, "approved", body=body), by=actor, at=at)
        queue.add([route_job(decision.prescription_id, row.run)])
        row.open = False
    else:
        _send_away(row, decision, actor, at)
    row.save(update_fields=["taken_by", "taken_at", "seconds_needed", "open", "with_prescriber"])


def _send_away(row: Waiting, decision: Decision, actor: Actor, at: datetime) -> None:
    subject, body = decision.prescription_id, {"decision": decision.pk, "code": decision.code}
    if decision.verdict == Verdict.REJECT:
        move(Step(subject, "rejected", decision.code, body), by=actor, at=at)
        row.open = row.with_prescriber = False
        return
    move(Step(subject, "returned", decision.code, body), by=actor, at=at)
    row.with_prescriber = True
    queue.add([queue.NewJob("expire_unanswered", subject, at + timedelta(days=WITH_PRESCRIBER_DAYS))])
