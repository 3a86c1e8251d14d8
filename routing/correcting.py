"""Corrections of what was recorded: the newest dispense is replaced, or withdrawn. Nothing is edited in place."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from routing import supplying
from routing.custody import Taken, move_order
from routing.dispensing import Handover
from routing.holding import Held, hold
from routing.models import Claim, Dispense, Order
from routing.reasons import WITHDRAW, checked
from routing.refusals import CancelPending, NotCorrectable, NotLatestDispense
from routing.settling import reopen, settle
from routing.staleness import watch
from routing.states import OrderState
from rxcenter.accounts.roles import Actor
from rxcenter.errors import NotFound, Words
from rxcenter.ledger.recording import transaction
from rxcenter.prescriptions.states import State

WINDOW = timedelta(days=30)  # afterwards the region's settlement has closed over it
# Elsewhere the placer has ended or replaced it: no correction brings it back into somebody's hands
CORRECTABLE = frozenset({State.APPROVED, State.ON_HOLD, State.COMPLETED})


@dataclass(frozen=True, slots=True)
class Standing:
    """A dispense under its locks, with those of the same order that still count, oldest first."""

    held: Held
    dispense: Dispense
    others: list[Dispense]
    lines: supplying.Lines


def amend(dispense: UUID, token: str, handover: Handover, *, by: Actor, at: datetime) -> Dispense:
    """Replace the newest dispense of an order by a corrected one.

    Raises NotFound, WrongClaimToken, NotLatestDispense, NotCorrectable, CancelPending, OverSupply, Invalid; then nothing
    has changed.
    """
    with transaction():
        found = _standing(dispense, token, by, at)
        old = found.dispense
        _give_back(found, at)
        recorded = supplying.records(found.lines, handover.lines)
        supplying.take(found.lines, recorded, at=at)
        made = Dispense.objects.create(
            id=uuid7(),
            order=found.held.order,
            claim=old.claim,
            local_id=handover.local_id,
            lines=recorded,
            pharmacist=handover.pharmacist,
            handed_over_at=handover.handed_over_at,
            proof=old.proof,
            replaces=old,
        )
        whole = supplying.all_done(found.lines)
        body = {"dispense": str(made.pk), "replaces": str(old.pk)}
        _move(found, "amended_to_completed" if whole else "amended_to_partly", body, "", by, at)
        return made


def withdraw(dispense: UUID, token: str, *, reason: str, by: Actor, at: datetime) -> Dispense:
    """Take the newest dispense back: its quantities are there again, with the same holder.

    Raises as `amend`, Invalid for an unknown reason.
    """
    checked(reason, WITHDRAW)
    with transaction():
        found = _standing(dispense, token, by, at)
        _give_back(found, at)
        Dispense.objects.filter(pk=dispense).update(withdrawn_at=at, withdrawn_reason=reason)
        body = {"dispense": str(dispense)}
        move = "withdrawn_to_partly" if found.others else "withdrawn_to_preparing"
        _move(found, move, body, reason, by, at)
        return Dispense.objects.get(pk=dispense)


def _give_back(found: Standing, at: datetime) -> None:
    others = [record for other in found.others for record in other.lines]
    supplying.give_back(found.lines, found.dispense.lines, at=at, others=others)


def _standing(dispense: UUID, token: str, by: Actor, at: datetime) -> Standing:
    seen = Dispense.objects.filter(pk=dispense, claim__dispenser=by.institution).only("claim_id").first()
    if seen is None:
        raise NotFound
    held = hold(seen.claim_id, by.institution, token, completed_too=True)
    rows = list(
        Dispense.objects.filter(order=held.order, withdrawn_at=None, replaced_by=None).order_by(
            "recorded_at", "pk"
        )
    )
    if not rows or rows[-1].pk != dispense:
        latest = str(rows[-1].pk) if rows else None
        words = Words("只能更正最近一次调配记录", "only the newest record can be corrected")
        raise NotLatestDispense(words, latest_id=latest)
    _correctable(held, rows[-1], at)
    return Standing(held, rows[-1], rows[:-1], supplying.locked_lines(held.order))


def _correctable(held: Held, row: Dispense, at: datetime) -> None:
    if row.recorded_at + WINDOW <= at:
        raise NotCorrectable(Words("已超过更正期限", "the time for corrections is over"))
    # What was left went elsewhere, or is not wanted any more: these lines are not this order's any longer. Lines that
    # were split off untouched took their quantities with them; what stayed is this order's own and can be corrected.
    if held.claim.reason or held.prescription.state not in CORRECTABLE:
        words = Words("余量已转出或已停止,不能更正", "the rest has gone elsewhere or was stopped")
        raise NotCorrectable(words)
    # A correction brings the order back to its holder: not while the placer waits for an answer about another part.
    if Order.objects.filter(prescription=held.prescription.pk, cancel_requested=True).exists():
        raise CancelPending(Words("开方机构正在撤销该处方", "the placer asked to cancel it"))


def _move(found: Standing, move: str, body: dict[str, str], reason: str, by: Actor, at: datetime) -> None:
    held = found.held
    who = held.claim.dispenser_id
    ended = held.order.state == OrderState.COMPLETED
    body = {"claim": str(held.claim.pk), "dispenser": who, **body}
    move_order(held.order, Taken(move, reason, body, [who]), by=by, at=at)
    if held.order.state == OrderState.COMPLETED:
        Claim.objects.filter(pk=held.claim.pk).update(state=Claim.State.COMPLETED, ended_at=at)
        settle(held.prescription, at=at, streams=[who])
        return
    watch(held.order)
    if ended:
        Claim.objects.filter(pk=held.claim.pk).update(state=Claim.State.OPEN, ended_at=None, lease_until=None)
        reopen(held.prescription, held.order, at=at)
