"""A supervisor takes an order from its holder, with a reason: one order, or everything of a dispenser that has closed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from routing import reasons
from routing.closing import release_remainder_by_supervisor
from routing.custody import Taken, lock_order, move_order, next_fence, wrong_state
from routing.holding import end_claim, end_transfer
from routing.models import Claim, Offer, Order, ReleaseRequest, Transfer
from routing.offering import after_reopening
from routing.refusals import SecondPersonNeeded
from routing.states import MOVES, OrderState
from rxcenter.accounts.roles import SYSTEM, Actor, Role
from rxcenter.errors import Forbidden, NotFound, Refused, Words
from rxcenter.ledger.recording import record, transaction

PACKED = frozenset(
    {OrderState.READY, OrderState.IN_TRANSIT}
)  # goods stand ready or are on their way: two persons
SUPERVISORS = (Role.OPERATOR, Role.REGULATOR)


def force_release(order: UUID, *, reason: str, by: Actor, at: datetime) -> bool:
    """Take an unsupplied order from its holder; it is offered to the next one, the old token is dead.

    Where goods are packed a second person must ask for the same: False says that it waits for one. Raises NotFound,
    Forbidden, Invalid (unknown reason), WrongState, SecondPersonNeeded (you asked before).
    """
    _checked(reason, by)
    with transaction():
        seen = Order.objects.filter(pk=order).only("prescription_id").first()
        if seen is None:
            raise NotFound
        prescription, locked = lock_order(seen.prescription_id, order)
        claim = Claim.objects.filter(order=locked, state=Claim.State.OPEN).select_related("order").first()
        if claim is None or locked.state not in MOVES["force_released"].before:
            raise wrong_state(locked, "force_released")
        if locked.state in PACKED and not _confirmed(claim, reason, by, at):
            return False
        end_claim(claim, Claim.State.RELEASED, at=at, reason=reason)
        who = claim.dispenser_id
        taken = Taken(
            "force_released", reason, {"claim": str(claim.pk), "dispenser": who}, [who], next_fence()
        )
        move_order(locked, taken, by=by, at=at)
        after_reopening(locked, prescription, at=at)
        return True


def free(order: Order, *, reason: str, by: Actor, at: datetime) -> bool:
    """Take an order from its holder, or what it still owes of it. Raises and answers as `force_release`."""
    if order.state == OrderState.PARTLY_SUPPLIED:
        release_remainder_by_supervisor(order.pk, reason=reason, by=by, at=at)
        return True
    return force_release(order.pk, reason=reason, by=by, at=at)


def _checked(reason: str, by: Actor) -> None:
    reasons.checked(reason, reasons.FORCE_RELEASE)
    if by.role not in SUPERVISORS:
        raise Forbidden(Words("该角色无权执行此操作", f"a {by.role.value} may not do this: force_released"))


def _confirmed(claim: Claim, reason: str, by: Actor, at: datetime) -> bool:
    """Whether another person asked for it before; otherwise this is the first one's request."""
    first = ReleaseRequest.objects.filter(claim=claim, confirmed_at=None).first()
    if first is None:
        ReleaseRequest.objects.create(claim=claim, reason=reason, asked_by=by.id, asked_at=at)
        record(
            "order.release_requested",
            subject=claim.order.prescription_id,
            streams=[claim.order.institution_id, claim.dispenser_id],
            actor=str(by),
            at=at,
            body={"order": str(claim.order_id), "claim": str(claim.pk), "reason": reason},
        )
        return False
    if first.asked_by == by.id:
        words = Words("药品已备妥,须由另一人确认", "the goods are packed: another person must confirm")
        raise SecondPersonNeeded(words, asked_at=first.asked_at.isoformat())
    first.confirmed_by, first.confirmed_at = by.id, at
    first.save(update_fields=["confirmed_by", "confirmed_at"])
    return True


@dataclass(slots=True)
class Cleared:
    """What became of everything that a dispenser held or was asked for: ids of orders."""

    released: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)  # packed: a second person must confirm
    offers: list[str] = field(default_factory=list)  # the next dispenser was asked
    failed: list[str] = field(default_factory=list)  # overtaken meanwhile: look again


def release_all(dispenser: str, *, reason: str, by: Actor, at: datetime) -> Cleared:
    """Free everything that a closed dispenser holds, and everything offered or passed on to it; order by order.

    What was partly supplied is closed short, the rest is offered anew. New orders still go to it while the register has
    it active: take it out of service there first. Raises Forbidden, Invalid (unknown reason).
    """
    _checked(reason, by)
    done = Cleared()
    for transfer in Transfer.objects.filter(to=dispenser, state=Transfer.State.PENDING).order_by("pk"):
        _refuse_transfer(transfer, at)
    for claim in _held(dispenser):
        kind = done.failed
        try:
            kind = done.released if free(claim.order, reason=reason, by=by, at=at) else done.waiting
        except SecondPersonNeeded:
            kind = done.waiting
        except Refused:
            pass  # overtaken: it is not this dispenser's any more, or a correction came between
        kind.append(str(claim.order_id))
    for offer in Offer.objects.filter(dispenser=dispenser, state=Offer.State.PENDING).order_by("pk"):
        if _take_offer_back(offer.pk, reason, by, at):
            done.offers.append(str(offer.order_id))
    return done


def _held(dispenser: str) -> Iterator[Claim]:
    rows = Claim.objects.filter(dispenser=dispenser, state=Claim.State.OPEN).select_related("order")
    yield from rows.order_by("order__prescription_id", "order_id")


def _refuse_transfer(transfer: Transfer, at: datetime) -> None:
    """As if the closed dispenser had declined: the holder keeps the order and knows at once."""
    with transaction():
        claim = Claim.objects.select_related("order").get(pk=transfer.claim_id)
        lock_order(claim.order.prescription_id, claim.order_id)
        end_transfer(claim, Transfer.State.DECLINED, "closed", by=SYSTEM, at=at)


def _take_offer_back(offer: int, reason: str, by: Actor, at: datetime) -> bool:
    """The offer ends as if declined for being closed, and the next dispenser is asked; False when it was overtaken."""
    with transaction():
        seen = Offer.objects.select_related("order").get(pk=offer)
        prescription, order = lock_order(seen.order.prescription_id, seen.order_id)
        ended = {"state": Offer.State.DECLINED, "reason": "closed", "answered_at": at}
        if not Offer.objects.filter(pk=offer, state=Offer.State.PENDING).update(**ended):
            return False
        if Offer.objects.filter(order=order, state=Offer.State.PENDING).exists():
            return True  # others are asked at the same time
        body = {"offer": offer, "dispenser": seen.dispenser_id, "released_by": str(by), "why": reason}
        move_order(order, Taken("declined", "closed", body, [seen.dispenser_id]), by=SYSTEM, at=at)
        after_reopening(order, prescription, at=at)
        return True
