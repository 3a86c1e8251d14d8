"""Some lines of an order go to another dispenser; nothing is prescribed anew (T16)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from routing import reasons
from routing.custody import lock_order, wrong_state
from routing.dispensing import may_go_on
from routing.holding import Held, hold
from routing.models import Claim, Offer, Order
from routing.parting import Plan, chosen, put_up, take_out
from routing.refusals import CancelPending, PrescriptionExpired
from routing.states import UNSUPPLIED, OrderState
from rxcenter.accounts.roles import Actor, Role
from rxcenter.errors import Forbidden, Invalid, NotFound, Words
from rxcenter.ledger.recording import record, transaction
from rxcenter.prescriptions.models import Prescription

SPLITTABLE = {OrderState.OPEN, OrderState.OFFERED, OrderState.UNROUTABLE, *UNSUPPLIED}
SUPERVISORS = (Role.OPERATOR, Role.REGULATOR)


@dataclass(frozen=True, slots=True)
class Split:
    """Both halves: `kept` has the remaining lines, `part` those that were split off."""

    kept: Order
    part: Order


def split(
    claim: UUID,
    token: str,
    lines: Sequence[int],
    *,
    reason: str,
    by: Actor,
    at: datetime,
    offer_to_me: bool = False,
) -> Split:
    """The holder keeps the rest and lets `lines` go; it is not asked for them unless it wants to (`offer_to_me`).

    Raises NotFound, WrongClaimToken, LeaseLost, CancelPending, OnHold, WrongState, PrescriptionExpired, AlreadySupplied,
    Invalid (unknown line or reason, or all of the lines: that is a return).
    """
    reasons.checked(reason, reasons.RETURN)
    with transaction():
        held = hold(claim, by.institution, token)
        may_go_on(held)
        return split_held(held, lines, reason=reason, by=by, at=at, offer_to_me=offer_to_me)


def split_held(
    held: Held, lines: Sequence[int], *, reason: str, by: Actor, at: datetime, offer_to_me: bool = False
) -> Split:
    """As `split`, for a holder who was checked."""
    if held.order.state not in UNSUPPLIED:
        raise wrong_state(held.order, "split")
    without = () if offer_to_me else (held.claim.dispenser_id,)
    return _split(held.order, held.prescription, lines, without, (reason, by, at))


def split_by_supervisor(order: UUID, lines: Sequence[int], *, reason: str, by: Actor, at: datetime) -> Split:
    """A supervisor lets some lines of an order go, held or not. Raises as `split`, Forbidden for another role."""
    reasons.checked(reason, reasons.RETURN)
    if by.role not in SUPERVISORS:
        raise Forbidden(Words("该角色无权执行此操作", f"a {by.role.value} may not do this: split"))
    with transaction():
        seen = Order.objects.filter(pk=order).only("prescription_id").first()
        if seen is None:
            raise NotFound
        prescription, locked = lock_order(seen.prescription_id, order)
        if locked.state not in SPLITTABLE:
            raise wrong_state(locked, "split")
        if locked.cancel_requested:
            raise CancelPending(Words("开方机构正在撤销该处方", "the placer asked to cancel it"))
        holders = Claim.objects.filter(order=locked, state=Claim.State.OPEN)
        without = list(holders.values_list("dispenser_id", flat=True))
        return _split(locked, prescription, lines, without, (reason, by, at))


def _split(
    order: Order,
    prescription: Prescription,
    numbers: Sequence[int],
    without: Sequence[str],
    why: tuple[str, Actor, datetime],
) -> Split:
    reason, by, at = why
    if order.expires_at <= at:
        words = Words(
            "处方已过有效期,不能转给他人", "the prescription has expired: nobody else could claim it"
        )
        raise PrescriptionExpired(words, at=order.expires_at.isoformat())
    rows = chosen(order, numbers)
    if not rows or len(rows) == order.lines.count():
        words = Words(
            "须留下至少一行;全部转出请用退回",
            "name some lines and keep at least one; a return gives all back",
        )
        problem = {"path": "$.lines", "found": str(list(numbers))[:200], "allowed": "some, not all"}
        raise Invalid(words, problems=[{**problem, "message": {"zh": words.zh, "en": words.en}}])
    plan = Plan(uuid7(), order.expires_at, without)
    record(
        "order.split",
        subject=order.prescription_id,
        streams=[order.institution_id, *_concerned(order)],
        actor=str(by),
        at=at,
        body={
            "order": str(order.pk),
            "part": str(plan.part),
            "lines": sorted(numbers),
            "reason": reason,
        },
    )
    return Split(order, put_up(order, prescription, take_out(rows), plan, at=at))


def _concerned(order: Order) -> list[str]:
    """Who holds it, or was asked for it."""
    held = order.claims.filter(state=Claim.State.OPEN).values_list("dispenser_id", flat=True)
    asked = order.offers.filter(state=Offer.State.PENDING).values_list("dispenser_id", flat=True)
    return [*held, *asked]
