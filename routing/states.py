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
    MERGED = "merged", _("merged")
    UNROUTABLE = "unroutable", _("no eligible dispenser")  # the placer was told and chooses anew


ST = OrderState
OPEN_CLAIM = frozenset({ST.CLAIMED, ST.PREPARING, ST.READY, ST.IN_TRANSIT, ST.PARTLY_SUPPLIED})
CLAIMABLE = frozenset({ST.OPEN, ST.OFFERED})
TERMINAL = frozenset({ST.COMPLETED, ST.NOT_SUPPLIED, ST.CANCELLED, ST.EXPIRED, ST.MERGED})


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


SYS, PLACER, HOLDER = Role.SYSTEM, Role.PLACER, Role.DISPENSER
MOVES: dict[str, Move] = {
    "opened": _move({ST.SCHEDULED, ST.UNROUTABLE}, ST.OPEN, SYS, PLACER),
    "offered": _move({ST.SCHEDULED, ST.OPEN, ST.UNROUTABLE}, ST.OFFERED, SYS, PLACER),
    "declined": _move({ST.OFFERED}, ST.OPEN, HOLDER, SYS, reason=True),
    "unroutable": _move({ST.OPEN, ST.OFFERED, ST.SCHEDULED}, ST.UNROUTABLE, SYS),
    "claimed": _move(CLAIMABLE, ST.CLAIMED, HOLDER),
    "started": _move({ST.CLAIMED}, ST.PREPARING, HOLDER),
    "readied": _move({ST.CLAIMED, ST.PREPARING}, ST.READY, HOLDER),
    "returned": _move({ST.CLAIMED, ST.PREPARING, ST.READY}, ST.OPEN, HOLDER, reason=True),
    "lapsed": _move({ST.CLAIMED}, ST.OPEN, SYS),
    "force_released": _move(OPEN_CLAIM, ST.OPEN, Role.OPERATOR, Role.REGULATOR, reason=True),
    "dispensed": _move({ST.CLAIMED, ST.PREPARING, ST.READY, ST.PARTLY_SUPPLIED}, ST.COMPLETED, HOLDER),
    "not_supplied": _move({ST.CLAIMED, ST.PREPARING, ST.READY}, ST.NOT_SUPPLIED, HOLDER, reason=True),
    "cancelled": _move({ST.SCHEDULED, ST.OPEN, ST.OFFERED, ST.UNROUTABLE}, ST.CANCELLED, PLACER, SYS),
    "expired": _move({ST.SCHEDULED, ST.OPEN, ST.OFFERED, ST.UNROUTABLE}, ST.EXPIRED, SYS),
}
