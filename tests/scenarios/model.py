"""What custody promises, once more and independently: a prescription in plain Python. Imports nothing of the code it judges.

Written from the protocol (who may do what when, and what follows), not from routing/. `may_…` says whether an act must
succeed, the verb of the same name what follows from it. Who is asked next is not predicted, only that nobody holds it.
"""

import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

LEASE, LEASE_CAP = timedelta(minutes=30), timedelta(hours=4)
DECIDED_AFTER, ANSWER_TRANSFER, REMAINDER = timedelta(hours=24), timedelta(hours=2), timedelta(days=3)
HELD = ("claimed", "preparing", "ready", "partly_supplied")
UNSUPPLIED = ("claimed", "preparing", "ready")
ENDED = ("completed", "not_supplied", "cancelled", "expired")
Part = tuple[int, Decimal | None]  # a line and how much of it; None: all that is left


@dataclass
class Line:
    """`left` None: no quantity was written, it is handed over once or not."""

    authorised: Decimal | None
    left: Decimal | None
    done: bool = False

    @property
    def untouched(self) -> bool:
        return not self.done and self.left == self.authorised


@dataclass
class Order:
    """One order: who holds it, and what is left of its lines."""

    pk: object
    lines: dict[int, Line]
    expires: datetime
    phase: str = "waiting"
    holder: str = ""
    claim: object = None
    token: str = ""
    dead: list[tuple[object, str, str]] = field(default_factory=list)  # (claim, token, whose) of the past
    claimed_at: datetime | None = None
    lease: datetime | None = None
    cancel_at: datetime | None = None
    transfer: tuple[int, str, datetime] | None = None
    release_by: str = ""
    given: list[tuple[object, list[Part], str]] = field(
        default_factory=list
    )  # standing dispenses, oldest first
    final: bool = False  # what was left went elsewhere or is not wanted: no corrections any more
    anew: bool = False
    named: frozenset[str] = (
        frozenset()
    )  # by the patient or the placer; anybody else needs the patient's consent

    def free(self, phase: str = "waiting") -> None:
        """The holder has it no longer; its token is dead."""
        self.dead.append((self.claim, self.token, self.holder))
        self.phase, self.holder, self.claim, self.token = phase, "", None, ""
        self.lease = self.transfer = self.cancel_at = None
        self.release_by = ""

    @property
    def all_done(self) -> bool:
        return all(line.done for line in self.lines.values())


@dataclass
class Rx:
    """One prescription and its orders."""

    pk: object
    placer: str
    prescribed: dict[int, Decimal | None]
    orders: list[Order]
    state: str = "approved"
    consent: bool = False
    stopped: dict[int, Decimal] = field(default_factory=dict)
    last_refused: Order | None = None  # until it expires the placer may route it anew

    # Whether it goes on at all

    def goes_on(self, order: Order) -> bool:
        """Held, not suspended, no cancel waiting."""
        return order.phase in HELD and self.state == "approved" and order.cancel_at is None

    def may_claim(self, order: Order, at: datetime) -> bool:
        """As far as the order goes; the claimant must have been asked too."""
        return order.phase == "waiting" and self.state == "approved" and order.expires > at

    def claimed(self, order: Order, who: str, claim: object, token: str, at: datetime) -> None:
        order.phase, order.holder, order.claim, order.token = "claimed", who, claim, token
        order.claimed_at, order.lease = at, at + LEASE

    def may_beat(self, order: Order, at: datetime) -> bool:
        capped = (
            order.phase == "claimed" and order.claimed_at is not None and order.claimed_at + LEASE_CAP <= at
        )
        return order.phase in HELD and not capped

    def beat(self, order: Order, at: datetime) -> None:
        if order.phase == "claimed" and order.claimed_at and order.lease:
            order.lease = max(order.lease, min(at + LEASE, order.claimed_at + LEASE_CAP))

    def advance(self, order: Order, phase: str) -> None:
        order.phase, order.lease = phase, None

    # Letting go

    def let_go(self, order: Order, at: datetime) -> None:
        """Given back, lapsed or taken away: cancelled where that waits, expired where time is over, else asked anew."""
        cancelled = order.cancel_at is not None
        order.free("cancelled" if cancelled else "expired" if order.expires <= at else "waiting")
        self.settle(at)

    def may_split(self, order: Order, numbers: list[int], at: datetime) -> bool:
        known = all(n in order.lines and order.lines[n].untouched for n in numbers)
        some = 0 < len(numbers) < len(order.lines)
        return self.goes_on(order) and order.phase in UNSUPPLIED and known and some and order.expires > at

    def part(self, order: Order, numbers: list[int], pk: object, expires: datetime, without: str) -> None:
        """These lines, or what is left of them, are a new order's from now on; `without` is not asked for it."""
        made = Order(pk, {}, expires, named=order.named - {without})
        for n in numbers:
            line = order.lines[n]
            made.lines[n] = Line(line.left, line.left)
            if line.untouched:
                del order.lines[n]
            elif line.left is not None and line.authorised is not None:
                order.lines[n] = Line(line.authorised - line.left, Decimal(0), True)
        self.orders.append(made)

    def may_transfer(self, order: Order, to: str, at: datetime) -> bool:
        fits = order.phase in ("claimed", "preparing") and to != order.holder and order.expires > at
        return self.goes_on(order) and fits and (self.consent or to in order.named)

    # Handing over

    def may_give(self, order: Order, parts: list[Part], owed: bool) -> bool:
        return self.goes_on(order) and self.fits(order, parts, owed)

    def fits(self, order: Order, parts: list[Part], owed: bool) -> bool:
        """Nothing beyond what is left, and something at all."""
        left = {n: line.left for n, line in order.lines.items()}
        something = owed
        for n, wanted in parts:
            line = order.lines.get(n)
            if line is None:
                return False
            had = left[n]
            quantity = (Decimal(0) if owed and had is not None else had) if wanted is None else wanted
            if line.done and not (wanted is None and had == 0):
                return False
            if had is not None and quantity is not None:
                if quantity > had:
                    return False
                left[n] = had - quantity
            something |= quantity is None or quantity > 0
        return something

    def give(self, order: Order, pk: object, parts: list[Part], owed: bool, at: datetime) -> None:
        taken: list[Part] = []
        for n, wanted in parts:
            line = order.lines[n]
            if line.left is None:
                line.done = not owed
                taken.append((n, wanted))
                continue
            quantity = (Decimal(0) if owed else line.left) if wanted is None else wanted
            line.left -= quantity
            line.done = line.left == 0
            taken.append((n, quantity))
        order.given.append((pk, taken, order.holder))
        order.lease = order.transfer = None
        order.phase = "completed" if order.all_done else "partly_supplied"
        self.settle(at)

    def may_correct(self, order: Order, dispense: object) -> bool:
        newest = bool(order.given) and order.given[-1][0] == dispense and not order.final
        asked = any(o.cancel_at is not None for o in self.orders)
        return newest and not asked and self.state in ("approved", "on_hold", "completed")

    def take_back(self, order: Order, at: datetime) -> None:
        """The newest record counts no longer."""
        _pk, parts, _who = order.given.pop()
        for n, quantity in parts:
            line = order.lines[n]
            if line.left is not None and quantity is not None:
                line.left += quantity
            line.done = line.left == 0
        order.phase, order.lease = "partly_supplied" if order.given else "preparing", None
        self.state = "approved" if self.state == "completed" else self.state

    def may_amend(self, order: Order, parts: list[Part], owed: bool) -> bool:
        tried = copy.deepcopy(self)
        undone = next(o for o in tried.orders if o.pk == order.pk)
        tried.take_back(undone, order.expires)
        return tried.fits(undone, parts, owed)

    def amend(self, order: Order, pk: object, parts: list[Part], owed: bool, at: datetime) -> None:
        """The newest record is another one now."""
        self.take_back(order, at)
        self.give(order, pk, parts, owed, at)

    def refuse(self, order: Order, at: datetime) -> None:
        """Not supplied, for a reason in the prescription."""
        cancelled = order.cancel_at is not None
        order.free("cancelled" if cancelled else "not_supplied")
        if not cancelled:
            self.last_refused = order
            for line in order.lines.values():
                line.done = True
        self.settle(at)

    def route_anew(self, order: Order, pk: object) -> None:
        """What was refused, as a new order."""
        made = Order(pk, {n: Line(line.left, line.left) for n, line in order.lines.items()}, order.expires)
        for line in order.lines.values():
            if line.left is not None:
                line.authorised = line.left = Decimal(0)
        order.anew = True
        self.orders.append(made)

    def release_remainder(self, order: Order, pk: object, at: datetime) -> None:
        """Closed short; what is left stands in a new order."""
        numbers = [n for n, line in order.lines.items() if not line.done]
        if numbers:
            self.part(order, numbers, pk, max(order.expires, at + REMAINDER), order.holder)
        order.phase, order.final, order.lease = "completed", True, None
        self.settle(at)

    # The placer

    def cancel(self, at: datetime) -> str | None:
        """The outcome; None: refused, nothing has changed."""
        if self.state == "cancelled":
            return "cancelled"
        live = [o for o in self.orders if o.phase not in ENDED]
        if self.state not in ("approved", "on_hold") or (
            not live and any(o.phase == "completed" for o in self.orders)
        ):
            return None
        asked = False
        for order in live:
            if order.phase == "waiting":
                order.phase = "cancelled"
            elif order.phase == "partly_supplied":
                self._stop(order)
            else:
                order.cancel_at, asked = order.cancel_at or at, True
        if asked:
            return "cancel_requested"
        self.state = "discontinued" if self.anything_given else "cancelled"
        return "stopped_remainder" if self.anything_given else "cancelled"

    def _stop(self, order: Order) -> None:
        for n, line in order.lines.items():
            if line.left is not None and line.authorised is not None and line.left > 0:
                self.stopped[n] = self.stopped.get(n, Decimal(0)) + line.left
                line.authorised, line.left = line.authorised - line.left, Decimal(0)
                line.done = line.done or line.authorised > 0
        order.phase, order.final, order.lease = "completed", True, None

    @property
    def anything_given(self) -> bool:
        return any(order.given for order in self.orders)

    def settle(self, at: datetime) -> None:
        """The prescription ends when all its orders have."""
        if self.state not in ("approved", "on_hold") or any(o.phase not in ENDED for o in self.orders):
            return
        waits = [o for o in self.orders if o.phase == "not_supplied"]
        if self.anything_given:
            self.state = "completed"
        elif waits:
            over = self.last_refused is not None and self.last_refused.expires <= at
            self.state = "not_dispensed" if over else self.state
        else:
            self.state = "expired" if any(o.phase == "expired" for o in self.orders) else "cancelled"

    # Time

    def timers(self, at: datetime) -> None:
        """Everything whose time has come by `at`."""
        for order in self.orders:
            lapsed = order.phase == "claimed" and order.lease is not None and order.lease <= at
            unanswered = order.cancel_at is not None and order.cancel_at + DECIDED_AFTER <= at
            if order.phase == "waiting" and order.expires <= at:
                order.phase = "expired"
            elif lapsed or unanswered:
                self.let_go(order, at)
            if order.transfer is not None and order.transfer[2] + ANSWER_TRANSFER <= at:
                order.transfer = None
        self.settle(at)
