"""Every state and move of the custody axis, in one table (DESIGN §5, after the protocol's table T1-T22)."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from rxcenter.accounts.roles import Role


class OrderState(models.TextChoices):
    SCHEDULED = "scheduled", _("scheduled")
    OPEN = "open", _("open to dispensers")
    OFFERED = "offered", _("offered")
    CLAIMED = "claimed", _("claimed")
    PREPARING = "preparing", _("preparing")
    READY = "ready", _("ready")
    IN_TRANSIT = "in_transit", _("in transit")
    PARTLY_SUPPLIED = "partly_supplied", _("partly supplied")
    COMPLETED = "completed", _("completed")
    NOT_SUPPLIED = "not_supplied", _("not supplied")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")
    UNROUTABLE = "unroutable", _("no eligible dispenser")  # the placer was told and chooses anew


ST = OrderState
OPEN_CLAIM = frozenset({ST.CLAIMED, ST.PREPARING, ST.READY, ST.IN_TRANSIT, ST.PARTLY_SUPPLIED})
CLAIMABLE = frozenset({ST.OPEN, ST.OFFERED})
TERMINAL = frozenset({ST.COMPLETED, ST.NOT_SUPPLIED, ST.CANCELLED, ST.EXPIRED})


@dataclass(frozen=True, slots=True)
class Move:
    """One arrow of the custody table."""

    before: frozenset[OrderState]
    after: OrderState
    who: frozenset[Role]
    needs_reason: bool = False


def _move(
    before: frozenset[OrderState] | set[OrderState], after: OrderState, *who: Role, reason: bool = False
) -> Move:
    return Move(frozenset(before), after, frozenset(who), reason)


SYS, PLACER, HOLDER, PATIENT = Role.SYSTEM, Role.PLACER, Role.DISPENSER, Role.PATIENT
SUPERVISOR = (Role.OPERATOR, Role.REGULATOR)
WAITING = frozenset({ST.SCHEDULED, ST.OPEN, ST.OFFERED, ST.UNROUTABLE})  # nobody holds it
UNSUPPLIED = frozenset({ST.CLAIMED, ST.PREPARING, ST.READY})  # held, in the house, nothing handed over
SUPPLYING = UNSUPPLIED | {ST.PARTLY_SUPPLIED}
AFTER_SUPPLY = frozenset({ST.PARTLY_SUPPLIED, ST.COMPLETED})

MOVES: dict[str, Move] = {
    # Asking around: T1 to T4, T22
    "opened": _move({ST.SCHEDULED, ST.UNROUTABLE, ST.OFFERED}, ST.OPEN, SYS, PLACER, PATIENT),
    "offered": _move({ST.SCHEDULED, ST.OPEN, ST.UNROUTABLE}, ST.OFFERED, SYS, PLACER, PATIENT),
    "declined": _move({ST.OFFERED}, ST.OPEN, HOLDER, SYS, reason=True),
    "offer_timed_out": _move({ST.OFFERED}, ST.OPEN, SYS),
    "renominated": _move({ST.OFFERED}, ST.OPEN, PLACER, PATIENT),
    "unroutable": _move({ST.OPEN, ST.OFFERED, ST.SCHEDULED}, ST.UNROUTABLE, SYS),
    "expired": _move(WAITING, ST.EXPIRED, SYS),
    "cancelled": _move(WAITING, ST.CANCELLED, PLACER, PATIENT, SYS),
    # Holding: T5 to T11, T21
    "claimed": _move(CLAIMABLE, ST.CLAIMED, HOLDER),
    "started": _move({ST.CLAIMED}, ST.PREPARING, HOLDER),
    "readied": _move({ST.CLAIMED, ST.PREPARING}, ST.READY, HOLDER),
    "returned": _move(UNSUPPLIED, ST.OPEN, HOLDER, reason=True),
    "lapsed": _move({ST.CLAIMED}, ST.OPEN, SYS),
    # What is stored is not what was approved: found at the claim, or at the transfer to the next holder
    "quarantined": _move(CLAIMABLE | UNSUPPLIED, ST.UNROUTABLE, SYS, reason=True),
    "force_released": _move(UNSUPPLIED | {ST.IN_TRANSIT}, ST.OPEN, *SUPERVISOR, reason=True),
    "transferred": _move({ST.CLAIMED, ST.PREPARING}, ST.CLAIMED, HOLDER),
    "cancel_accepted": _move(UNSUPPLIED | {ST.IN_TRANSIT}, ST.CANCELLED, HOLDER, SYS, *SUPERVISOR),
    # Handing over: T12 to T18
    "dispatched": _move({ST.READY}, ST.IN_TRANSIT, HOLDER),
    "delivery_failed": _move({ST.IN_TRANSIT}, ST.READY, HOLDER, reason=True),
    "partly_dispensed": _move(SUPPLYING | {ST.IN_TRANSIT}, ST.PARTLY_SUPPLIED, HOLDER),
    "dispensed": _move(SUPPLYING | {ST.IN_TRANSIT}, ST.COMPLETED, HOLDER),
    "not_supplied": _move(UNSUPPLIED, ST.NOT_SUPPLIED, HOLDER, reason=True),
    # The rest goes elsewhere, or nowhere: what was handed over stays (T16b, X4)
    "closed_short": _move({ST.PARTLY_SUPPLIED}, ST.COMPLETED, HOLDER, PLACER, SYS, *SUPERVISOR, reason=True),
    # Corrections of the record (T19, T20): the only moves out of a terminal state
    "amended_to_partly": _move(AFTER_SUPPLY, ST.PARTLY_SUPPLIED, HOLDER),
    "amended_to_completed": _move(AFTER_SUPPLY, ST.COMPLETED, HOLDER),
    "withdrawn_to_partly": _move(AFTER_SUPPLY, ST.PARTLY_SUPPLIED, HOLDER, reason=True),
    "withdrawn_to_preparing": _move(AFTER_SUPPLY, ST.PREPARING, HOLDER, reason=True),
}
