"""The holder hands an order over, whole: the fact is recorded, the order ends, the prescription is completed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F
from uuid_utils.compat import uuid7

from routing import proving
from routing.custody import Taken, move_order
from routing.holding import Held, end_claim, hold
from routing.models import Claim, Dispense, Order, OrderLine
from routing.refusals import CancelPending, NotWhole, OverSupply
from routing.states import TERMINAL
from rxcenter.accounts.roles import SYSTEM, Actor
from rxcenter.errors import Invalid, Words
from rxcenter.ledger.recording import transaction
from rxcenter.prescriptions.lifecycle import Step, move

CLOCK_SKEW = timedelta(minutes=5)  # dispensers' clocks are not ours


@dataclass(frozen=True, slots=True)
class Supplied:
    """One line as handed over; `quantity` None = all that is left."""

    line: int
    quantity: Decimal | None = None
    unit: str | None = None
    batch: str | None = None


@dataclass(frozen=True, slots=True)
class Handover:
    """What a dispenser reports. `lines` None = all of them; `pharmacist` checked it there; `code` as the patient showed it."""

    local_id: str
    pharmacist: str
    handed_over_at: datetime
    lines: Sequence[Supplied] | None = None
    code: str | None = None


def dispense(claim: UUID, token: str, handover: Handover, *, by: Actor, at: datetime) -> Dispense:
    """Record the hand-over of a whole order.

    Raises NotFound, WrongClaimToken, LeaseLost, AlreadyDispensed, CancelPending, WrongCode,
    LockedOut, NotWhole, OverSupply, Invalid;
    then nothing has changed.
    """
    with transaction():
        held = hold(claim, by.institution, token)
        if held.order.cancel_requested:
            raise CancelPending(Words("开方机构正在撤销该处方", "the placer asked to cancel it"))
        if handover.code is not None:
            proving.check_at_handover(held.order, handover.code)
        _plausible(handover, held, at)
        lines = _supplied(held.order, handover)
        made = _record(held, handover, lines, by, at)
        if not Order.objects.filter(prescription=held.prescription.pk).exclude(state__in=TERMINAL).exists():
            step = Step(
                held.prescription.pk,
                "completed",
                body={"order": str(held.order.pk), "dispense": str(made.pk)},
            )
            move(step, by=SYSTEM, at=at, streams=[held.claim.dispenser_id])
        return made


def _record(held: Held, handover: Handover, lines: list[dict[str, Any]], by: Actor, at: datetime) -> Dispense:
    made = Dispense.objects.create(
        id=uuid7(),
        order=held.order,
        claim=held.claim,
        local_id=handover.local_id,
        lines=lines,
        pharmacist=handover.pharmacist,
        handed_over_at=handover.handed_over_at,
    )
    OrderLine.objects.filter(order=held.order, live=True, remaining__isnull=False).update(
        remaining=F("remaining") * 0
    )
    end_claim(held.claim, Claim.State.COMPLETED, at=at)
    who = held.claim.dispenser_id
    body = {
        "claim": str(held.claim.pk),
        "dispense": str(made.pk),
        "dispenser": who,
        "lines": [line["line"] for line in lines],
        "handed_over_at": handover.handed_over_at.isoformat(),
        "code_shown": handover.code is not None,
    }
    move_order(held.order, Taken("dispensed", body=body, dispensers=[who]), by=by, at=at)
    return made


def _plausible(handover: Handover, held: Held, at: datetime) -> None:
    first, last = held.claim.claimed_at - CLOCK_SKEW, at + CLOCK_SKEW
    if not first <= handover.handed_over_at <= last:
        words = Words("交付时间须在接单之后且不晚于现在", "handed_over_at must lie between the claim and now")
        allowed = f"{held.claim.claimed_at.isoformat()} … {at.isoformat()}"
        found = handover.handed_over_at.isoformat()
        raise Invalid(words, problems=[_problem("$.handed_over_at", found, allowed, words)])


def _supplied(order: Order, handover: Handover) -> list[dict[str, Any]]:
    """All lines of the order as supplied; refuses what is missing, unknown, short or too much."""
    live = {line.line: line for line in order.lines.select_for_update().filter(live=True).order_by("line")}
    given = handover.lines if handover.lines is not None else [Supplied(n) for n in live]
    numbers = [s.line for s in given]
    if sorted(numbers) != sorted(live):
        words = Words("须一次交付全部药品", "an order is handed over whole: each of its lines once")
        raise NotWhole(words, problems=[_problem("$.lines", str(numbers)[:200], str(sorted(live)), words)])
    return [_line(live[s.line], s) for s in sorted(given, key=lambda s: s.line)]


def _line(row: OrderLine, given: Supplied) -> dict[str, Any]:
    quantity = row.remaining if given.quantity is None else given.quantity
    if row.remaining is not None and quantity is not None and quantity != row.remaining:
        remaining = f"{row.remaining.normalize():f} {row.unit}".strip()
        path = f"$.lines[?line={row.line}].quantity"
        if quantity > row.remaining:
            words = Words("超过可调配数量", "more than is left to supply")
            raise OverSupply(
                words, problems=[_problem(path, str(quantity), f"= {remaining}", words)], remaining=remaining
            )
        words = Words("须一次交付全部数量", "an order is handed over whole: the full quantity")
        raise NotWhole(
            words, problems=[_problem(path, str(quantity), f"= {remaining}", words)], remaining=remaining
        )
    text = None if quantity is None else f"{quantity.normalize():f}"
    return {"line": row.line, "quantity": text, "unit": given.unit or row.unit or None, "batch": given.batch}


def _problem(path: str, found: str, allowed: str, words: Words) -> dict[str, Any]:
    return {"path": path, "found": found, "allowed": allowed, "message": {"zh": words.zh, "en": words.en}}
