"""Which states of prescription, order, claim and dispense may stand together: the table integrators ask for.

The database refuses to commit anything else (migration `combinations`): a deferred trigger looks at every order that a
transaction touched, and at the orders of every prescription that it ended. A test compares the two.
"""

from dataclasses import dataclass

from routing.states import OPEN_CLAIM, WAITING, OrderState
from rxcenter.prescriptions.states import State

S, OS = State, OrderState
LIVE = frozenset({S.APPROVED, S.ON_HOLD})
ENDED = LIVE | {S.COMPLETED, S.DISCONTINUED, S.CANCELLED, S.EXPIRED, S.NOT_DISPENSED, S.REPLACED}


@dataclass(frozen=True, slots=True)
class Combination:
    """For one state of an order: the prescription's states, whether a claim is open, whether a dispense stands."""

    prescription: frozenset[State]
    claim_open: bool
    dispensed: bool


TABLE: dict[OrderState, Combination] = {
    **{state: Combination(LIVE, False, False) for state in WAITING},
    **{state: Combination(LIVE, True, False) for state in OPEN_CLAIM - {OS.PARTLY_SUPPLIED}},
    OS.PARTLY_SUPPLIED: Combination(LIVE, True, True),
    OS.COMPLETED: Combination(LIVE | {S.COMPLETED, S.DISCONTINUED}, False, True),
    OS.NOT_SUPPLIED: Combination(ENDED, False, False),
    OS.CANCELLED: Combination(ENDED, False, False),
    OS.EXPIRED: Combination(ENDED, False, False),
}
