"""Part was handed over, the rest goes elsewhere (T16b): this order is closed short, a new one stands for the remainder."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from routing import reasons
from routing.custody import Taken, lock_order, move_order, wrong_state
from routing.dispensing import may_go_on
from routing.holding import Held, end_claim, hold
from routing.models import Claim, Order
from routing.parting import Plan, put_up, take_out
from routing.settling import settle
from routing.states import OrderState
from routing.supplying import done, locked_lines
from rxcenter.accounts.roles import Actor
from rxcenter.errors import NotFound
from rxcenter.ledger.recording import transaction

# Dispensing began in time; whoever takes the rest over gets as long as for a prescription of its day.
REMAINDER_FOR = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Closed:
    """`order` ended with what it supplied; `part` stands for the rest. None: nothing was left to supply."""

    order: Order
    part: Order | None


def release_remainder(
    claim: UUID, token: str, *, reason: str, by: Actor, at: datetime, offer_to_me: bool = False
) -> Closed:
    """The holder of a partly supplied order lets the rest go; it is not asked for it unless it wants to.

    Raises NotFound, WrongClaimToken, LeaseLost, CancelPending, OnHold, WrongState (nothing supplied yet: that is a
    return), Invalid (unknown reason).
    """
    reasons.checked(reason, reasons.RETURN)
    with transaction():
        held = hold(claim, by.institution, token)
        may_go_on(held)
        return _close(held, reason, by, at, () if offer_to_me else (held.claim.dispenser_id,))


def release_remainder_by_supervisor(order: UUID, *, reason: str, by: Actor, at: datetime) -> Closed:
    """A supervisor lets go what a dispenser owes for too long. Raises NotFound, WrongState, Forbidden, Invalid."""
    reasons.checked(reason, reasons.FORCE_RELEASE)
    with transaction():
        seen = Order.objects.filter(pk=order).only("prescription_id").first()
        if seen is None:
            raise NotFound
        prescription, locked = lock_order(seen.prescription_id, order)
        claim = Claim.objects.filter(order=locked, state=Claim.State.OPEN).first()
        if claim is None:
            raise wrong_state(locked, "closed_short")
        return _close(Held(claim, locked, prescription), reason, by, at, (claim.dispenser_id,))


def _close(held: Held, reason: str, by: Actor, at: datetime, without: tuple[str, ...]) -> Closed:
    if held.order.state != OrderState.PARTLY_SUPPLIED:
        raise wrong_state(held.order, "closed_short")
    left = [row for row in locked_lines(held.order).values() if not done(row)]
    moved, plan = take_out(left), Plan(uuid7(), max(held.order.expires_at, at + REMAINDER_FOR), without)
    end_claim(held.claim, Claim.State.COMPLETED, at=at, reason=reason)
    who = held.claim.dispenser_id
    body = {"claim": str(held.claim.pk), "dispenser": who, "lines": [row.line for row in moved]}
    if moved:
        body["part"] = str(plan.part)
    move_order(held.order, Taken("closed_short", reason, body, [who]), by=by, at=at)
    part = put_up(held.order, held.prescription, moved, plan, at=at) if moved else None
    settle(held.prescription, at=at, streams=[who])
    return Closed(held.order, part)
