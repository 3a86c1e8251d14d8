"""The holder gives an order back, or some of its lines; they are offered to the next one at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from routing import reasons
from routing.custody import Taken, move_order, next_fence
from routing.dispensing import may_go_on
from routing.holding import Held, end_claim, hold
from routing.models import Claim, Order
from routing.offering import AGAIN, after_reopening
from routing.splitting import split_held
from rxcenter.accounts.roles import Actor
from rxcenter.ledger.recording import transaction


@dataclass(frozen=True, slots=True)
class Returned:
    """`order` is what went back. `kept` is what the holder still has, where it returned some lines only."""

    order: Order
    kept: Order | None = None


def give_back(claim: UUID, token: str, *, reason: str, by: Actor, at: datetime) -> Order:
    """Return an unsupplied order with a coded reason; the claim's token is dead afterwards.

    Raises NotFound, WrongClaimToken, LeaseLost, Invalid (unknown reason), WrongState (something was supplied).
    """
    return give_back_lines(claim, token, None, reason=reason, by=by, at=at).order


def give_back_lines(
    claim: UUID, token: str, lines: Sequence[int] | None, *, reason: str, by: Actor, at: datetime
) -> Returned:
    """Return some lines; they become an order of their own. None, or all of them: the whole order.

    Raises as `give_back`, and for some lines what `split` raises.
    """
    reasons.checked(reason, reasons.RETURN)
    with transaction():
        held = hold(claim, by.institution, token)
        if lines is None or set(lines) == set(held.order.lines.values_list("line", flat=True)):
            _whole(held, reason, by, at)
            return Returned(held.order)
        may_go_on(held)
        done = split_held(held, lines, reason=reason, by=by, at=at, offer_to_me=reason in AGAIN)
        return Returned(done.part, done.kept)


def _whole(held: Held, reason: str, by: Actor, at: datetime) -> None:
    end_claim(held.claim, Claim.State.RETURNED, at=at, reason=reason)
    who = held.claim.dispenser_id
    taken = Taken("returned", reason, {"claim": str(held.claim.pk), "dispenser": who}, [who], next_fence())
    move_order(held.order, taken, by=by, at=at)
    after_reopening(held.order, held.prescription, at=at)
