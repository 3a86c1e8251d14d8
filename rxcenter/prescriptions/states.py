"""Every state, move, role and required reason of the authorisation axis, in one table (DESIGN §5)."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from rxcenter.accounts.roles import Role


class State(models.TextChoices):
    RECEIVED = "received", _("received")
    AUDITING = "auditing", _("being audited")
    APPROVED = "approved", _("approved")
    IN_REVIEW = "in_review", _("in review")
    WITH_PRESCRIBER = "with_prescriber", _("with the prescriber")
    REJECTED = "rejected", _("rejected")
    COMPLETED = "completed", _("completed")
    DISCONTINUED = "discontinued", _("discontinued")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")
    NOT_DISPENSED = "not_dispensed", _("not dispensed")
    REPLACED = "replaced", _("replaced")
    ON_HOLD = "on_hold", _("on hold")
    IMPORTED = "imported", _("imported history")


S = State
TERMINAL = frozenset(
    {S.REJECTED, S.COMPLETED, S.DISCONTINUED, S.CANCELLED, S.EXPIRED, S.NOT_DISPENSED, S.REPLACED, S.IMPORTED}
)
BEFORE_AUDIT = frozenset({S.RECEIVED, S.AUDITING})
UNDECIDED = frozenset({S.RECEIVED, S.AUDITING, S.IN_REVIEW, S.WITH_PRESCRIBER})


@dataclass(frozen=True, slots=True)
class Move:
    """One arrow: from which states, to which, who may, whether a reason is required, the event's type."""

    before: frozenset[State]
    after: State
    who: frozenset[Role]
    needs_reason: bool = False


def _move(
    before: set[State] | frozenset[State], after: State, *who: Role, needs_reason: bool = False
) -> Move:
    return Move(frozenset(before), after, frozenset(who), needs_reason)


P, C, SYS = (Role.PHARMACIST, Role.CHIEF), Role.CHIEF, Role.SYSTEM
MOVES: dict[str, Move] = {
    "audit_passed": _move(BEFORE_AUDIT, S.APPROVED, SYS),
    "audit_held": _move(BEFORE_AUDIT, S.IN_REVIEW, SYS),
    "audit_stopped": _move(BEFORE_AUDIT, S.WITH_PRESCRIBER, SYS),
    "audit_quarantined": _move(BEFORE_AUDIT, S.IN_REVIEW, SYS),
    "reaudit": _move({S.IN_REVIEW, S.WITH_PRESCRIBER}, S.AUDITING, SYS, C, Role.PLACER),
    "approved": _move({S.IN_REVIEW}, S.APPROVED, *P),
    "returned": _move({S.IN_REVIEW}, S.WITH_PRESCRIBER, *P, needs_reason=True),
    "rejected": _move({S.IN_REVIEW, S.WITH_PRESCRIBER}, S.REJECTED, *P, needs_reason=True),
    "cancelled": _move(
        UNDECIDED | {S.APPROVED, S.ON_HOLD}, S.CANCELLED, Role.PLACER, Role.PATIENT, SYS, needs_reason=True
    ),
    "replaced": _move(UNDECIDED | {S.APPROVED, S.ON_HOLD}, S.REPLACED, Role.PLACER),
    "completed": _move({S.APPROVED, S.ON_HOLD}, S.COMPLETED, SYS),
    # Some of it was handed over, the rest is not wanted any more
    "discontinued": _move({S.APPROVED, S.ON_HOLD}, S.DISCONTINUED, Role.PLACER, SYS, needs_reason=True),
    # A dispense was withdrawn or amended: it is not complete after all
    "reopened": _move({S.COMPLETED, S.DISCONTINUED}, S.APPROVED, SYS),
    "expired": _move(UNDECIDED | {S.APPROVED, S.ON_HOLD}, S.EXPIRED, SYS),
    "not_dispensed": _move({S.APPROVED, S.ON_HOLD}, S.NOT_DISPENSED, SYS, needs_reason=True),
    "held": _move({S.APPROVED}, S.ON_HOLD, Role.PLACER, Role.REGULATOR, needs_reason=True),
    "resumed": _move({S.ON_HOLD}, S.APPROVED, Role.PLACER, Role.REGULATOR),
}
