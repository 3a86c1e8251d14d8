"""The holder hands over: all of an order, or part of it. The fact is recorded once; custody and prescription follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from routing import proving, supplying
from routing.custody import Taken, move_order
from routing.holding import Held, end_claim, hold
from routing.models import Claim, Dispense, DispenseDraft
from routing.reasons import OVERRIDE, checked
from routing.refusals import CancelPending, OnHold, ProofNeeded
from routing.reviewing import ask_second_review
from routing.settling import settle
from routing.staleness import watch
from routing.supplying import Supplied
from rxcenter.accounts.roles import Actor
from rxcenter.errors import Invalid, Words
from rxcenter.ledger.recording import transaction
from rxcenter.prescriptions.states import State

CLOCK_SKEW = timedelta(minutes=5)  # dispensers' clocks are not ours
__all__ = ["CLOCK_SKEW", "Handover", "Supplied", "dispense", "may_go_on", "record_dispense"]


@dataclass(frozen=True, slots=True)
class Handover:
    """What a dispenser reports. `lines` None = all that is left; `pharmacist` checked it there.

    `code` as the patient showed it; without it `override`, a code of reasons.OVERRIDE, and who checked.
    """

    local_id: str
    pharmacist: str
    handed_over_at: datetime
    lines: Sequence[Supplied] | None = None
    code: str | None = None
    override: str | None = None
    checked_by: str | None = None


def dispense(claim: UUID, token: str, handover: Handover, *, by: Actor, at: datetime) -> Dispense:
    """Record a hand-over, whole or in part.

    Everything accounted for: the order is completed. Otherwise it is partly supplied and stays with its holder, which
    owes the rest. Raises NotFound, WrongClaimToken, LeaseLost, AlreadyDispensed, CancelPending, OnHold, WrongCode,
    LockedOut, SecondReviewNeeded, ProofNeeded, OverSupply, Invalid, WrongState; then nothing has changed.
    """
    with transaction():
        held = hold(claim, by.institution, token)
        may_go_on(held)
        ask_second_review(held.claim)
        return record_dispense(held, handover, by=by, at=at)


def may_go_on(held: Held) -> None:
    """Refuses while the placer waits for an answer to its cancel, or the prescription is suspended."""
    if held.order.cancel_requested:
        asked = held.order.cancel_requests.filter(outcome="waiting").first()
        extra = {"decide_by": asked.decide_by.isoformat(), "reason": asked.reason} if asked else {}
        raise CancelPending(Words("开方机构正在撤销该处方", "the placer asked to cancel it"), **extra)
    if held.prescription.state == State.ON_HOLD:
        words = Words("处方已暂停,不能调配", "the prescription is suspended")
        raise OnHold(words, since=held.prescription.state_since.isoformat())


def record_dispense(held: Held, handover: Handover, *, by: Actor, at: datetime) -> Dispense:
    """The record and what follows from it; the caller has checked that the holder may."""
    _plausible(handover, held, at)
    proof = _proof(held, handover)
    lines = supplying.locked_lines(held.order)
    recorded = supplying.records(lines, handover.lines)
    supplying.take(lines, recorded, at=at)
    _something(recorded, lines)
    made = Dispense.objects.create(
        id=uuid7(),
        order=held.order,
        claim=held.claim,
        local_id=handover.local_id,
        lines=recorded,
        pharmacist=handover.pharmacist,
        handed_over_at=handover.handed_over_at,
        proof=proof,
    )
    DispenseDraft.objects.filter(claim=held.claim).delete()
    _move(held, made, all_done=supplying.all_done(lines), by=by, at=at)
    return made


def _move(held: Held, made: Dispense, *, all_done: bool, by: Actor, at: datetime) -> None:
    who = held.claim.dispenser_id
    body = {
        "claim": str(held.claim.pk),
        "dispense": str(made.pk),
        "dispenser": who,
        "lines": sorted({line["line"] for line in made.lines}),
        "handed_over_at": made.handed_over_at.isoformat(),
        "code_shown": made.proof["code"],
    }
    if all_done:
        end_claim(held.claim, Claim.State.COMPLETED, at=at)
    else:
        Claim.objects.filter(pk=held.claim.pk).update(
            lease_until=None
        )  # it owes the rest; the owing has its timer
    move = "dispensed" if all_done else "partly_dispensed"
    move_order(held.order, Taken(move, body=body, dispensers=[who]), by=by, at=at)
    if all_done:
        settle(held.prescription, at=at, streams=[who])
    else:
        watch(held.order)


def _proof(held: Held, handover: Handover) -> dict[str, Any]:
    """What shows that the right person got it. A wrong code never passes as an override."""
    delivery = held.order.delivery == "delivery"
    if handover.code is not None:
        proving.check_at_handover(held.order, handover.code)
    elif handover.override is not None:
        checked(handover.override, OVERRIDE, "$.override")
        if not (handover.checked_by or "").strip():
            words = Words("请填写核对人", "say who checked")
            raise Invalid(words, problems=[_problem("$.checked_by", "null", "staff number", words)])
    elif delivery:
        words = Words(
            "配送须核对取药码,或写明核对方式与核对人",
            "a delivery needs the pickup code, or override and checked_by",
        )
        raise ProofNeeded(words, problems=[_problem("$.code", "null", "the pickup code", words)])
    return {
        "kind": held.order.delivery,
        "code": handover.code is not None,
        "override": handover.override,
        "checked_by": handover.checked_by,
    }


def _plausible(handover: Handover, held: Held, at: datetime) -> None:
    first, last = held.claim.claimed_at - CLOCK_SKEW, at + CLOCK_SKEW
    if not first <= handover.handed_over_at <= last:
        words = Words("交付时间须在接单之后且不晚于现在", "handed_over_at must lie between the claim and now")
        allowed = f"{held.claim.claimed_at.isoformat()} … {at.isoformat()}"
        found = handover.handed_over_at.isoformat()
        raise Invalid(words, problems=[_problem("$.handed_over_at", found, allowed, words)])


def _something(recorded: list[dict[str, Any]], lines: supplying.Lines) -> None:
    """A report in which nothing is handed over is not a dispense."""
    moved = any(line["quantity"] not in (None, "0") for line in recorded)
    whole = any(lines[line["line"]].remaining is None and lines[line["line"]].supplied for line in recorded)
    if moved or whole or any(line.get("owed") for line in recorded):
        return
    words = Words(
        "没有交付任何药品:请用 not-supplied 或退回", "nothing was handed over: use not-supplied, or return it"
    )
    raise Invalid(words, problems=[_problem("$.lines", str(recorded)[:200], "a quantity > 0", words)])


def _problem(path: str, found: str, allowed: str, words: Words) -> dict[str, Any]:
    return {"path": path, "found": found, "allowed": allowed, "message": {"zh": words.zh, "en": words.en}}
