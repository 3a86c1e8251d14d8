"""Every state and move of the custody axis, in one table (DESIGN §5, after the protocol's table T1-T22)."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from rxcenter.accounts.roles import Role


class OrderState(models.TextChoices):
    SCHEDULED = "scheduled", _("scheduled")
    OPEN = "open", _("open")
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


O = OrderState
OPEN_CLAIM = frozenset({O.CLAIMED, O.PREPARING, O.READY, O.IN_TRANSIT, O.PARTLY_SUPPLIED})
CLAIMABLE = frozenset({O.OPEN, O.OFFERED})
TERMINAL = frozenset({O.COMPLETED, O.NOT_SUPPLIED, O.CANCELLED, O.EXPIRED, O.MERGED})


@dataclass(frozen=True, slots=True)
class Move:
    """One arrow of the custody table."""

    before: frozenset[OrderState]
    after: OrderState
    who: frozenset[Role]
    needs_reason: bool = False


def _move(before: frozenset[OrderState] | set[OrderState], after: OrderState, *who: Role, reason: bool = False) -> Move:
    return Move(frozenset(before), after, frozenset(who), reason)


SYS, PLACER, HOLDER = Role.SYSTEM, Role.PLACER, Role.DISPENSER
MOVES: dict[str, Move] = {
    "opened": _move({O.SCHEDULED, O.UNROUTABLE}, O.OPEN, SYS, PLACER),
    "offered": _move({O.SCHEDULED, O.OPEN, O.UNROUTABLE}, O.OFFERED, SYS, PLACER),
    "declined": _move({O.OFFERED}, O.OPEN, HOLDER, SYS, reason=True),
    "unroutable": _move({O.OPEN, O.OFFERED, O.SCHEDULED}, O.UNROUTABLE, SYS),
    "claimed": _move(CLAIMABLE, O.CLAIMED, HOLDER),
    "started": _move({O.CLAIMED}, O.PREPARING, HOLDER),
    "readied": _move({O.CLAIMED, O.PREPARING}, O.READY, HOLDER),
    "returned": _move({O.CLAIMED, O.PREPARING, O.READY}, O.OPEN, HOLDER, reason=True),
    "lapsed": _move({O.CLAIMED}, O.OPEN, SYS),
    "force_released": _move(OPEN_CLAIM, O.OPEN, Role.OPERATOR, Role.REGULATOR, reason=True),
    "dispensed": _move({O.CLAIMED, O.PREPARING, O.READY, O.PARTLY_SUPPLIED}, O.COMPLETED, HOLDER),
    "not_supplied": _move({O.CLAIMED, O.PREPARING, O.READY}, O.NOT_SUPPLIED, HOLDER, reason=True),
    "cancelled": _move({O.SCHEDULED, O.OPEN, O.OFFERED, O.UNROUTABLE}, O.CANCELLED, PLACER, SYS),
    "expired": _move({O.SCHEDULED, O.OPEN, O.OFFERED, O.UNROUTABLE}, O.EXPIRED, SYS),
}
