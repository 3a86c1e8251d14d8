"""One random walk: prescriptions, the placer, the supervisor and the clock. test_state_machine.py adds the holders."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from routing import nominating, releasing
from rxcenter.api import composing
from tests.people import NOON
from tests.routing import road
from tests.scenarios import acting, mirror, model
from tests.scenarios.acting import dispenser, tried

BOTH, ALL = ["P0001", "P0002"], ["P0001", "P0002", "P0003"]
ROUTINGS = [
    {"nominated": BOTH, "delivery": "pickup"},
    {"nominated": ALL, "delivery": "pickup"},
    {"nominated": [], "delivery": "pickup", "consent": True},
    {"nominated": ["P0003"], "delivery": "pickup", "consent": True},
    None,
]
WHICH = st.integers(0, 15)  # which order an act is about; the last few: any at all, wherever it stands
WHO = st.sampled_from(ALL)
QUANTITY = st.sampled_from([None, Decimal(1), Decimal(2), Decimal(7)])
PARTS = st.lists(st.tuples(st.integers(1, 3), QUANTITY), min_size=1, max_size=3)
QUANTITIES = st.lists(st.sampled_from([6, 4, None]), min_size=1, max_size=3)


def there_is(*phases):
    """A rule is tried where an order of these phases exists (or anywhere, now and then)."""
    return precondition(lambda self: any(o.phase in phases for rx in self.rxs for o in rx.orders))


class Walk(RuleBasedStateMachine):
    places = None  # made once a run: a walk's own prescriptions are its world

    def __init__(self):
        super().__init__()
        self.at, self.rxs = NOON, []

    @initialize(routing=st.sampled_from(ROUTINGS), quantities=QUANTITIES)
    def first(self, routing, quantities):
        self.prescribe(routing, quantities, 0)

    @precondition(lambda self: len(self.rxs) < 3)
    @rule(routing=st.sampled_from(ROUTINGS), quantities=QUANTITIES, placer=st.integers(0, 1))
    def prescribe(self, routing, quantities, placer):
        self.rxs.append(acting.prescribed(self.places[placer], quantities, routing, self.at))

    def pick(self, which, *phases):
        """An order of these phases."""
        every = [(rx, order) for rx in self.rxs for order in rx.orders]
        fit = [pair for pair in every if pair[1].phase in phases]
        fit = every if which > 13 or not fit else fit
        return fit[which % len(fit)]

    def expect(self, allowed, act, *args, **more):
        """Run an act, which must succeed exactly where the model says so; returns what it gave."""
        got = tried(partial(act, *args, **more))
        assert (got is not None) is bool(allowed), (
            f"the model {'allows' if allowed else 'refuses'} it, the code said {got}"
        )
        return got

    def how(self, order):
        return {"by": dispenser(order.holder or "P0001"), "at": self.at}

    def held_by(self, order):
        """Claim and token of whoever holds it, or held it last; never-valid ones where nobody did."""
        if order.claim is not None:
            return order.claim, order.token
        return (order.dead[-1][0], order.dead[-1][1]) if order.dead else (order.pk, "no token")

    def as_placer(self, rx):
        place = next(p for p in self.places if p.code == rx.placer)
        return {"client": place.client, "at": self.at}

    @rule(which=WHICH, sure=st.integers(0, 3))
    def cancel(self, which, sure):
        if sure:  # a cancel ends a walk soon: one of four is sent
            return
        rx = self.rxs[which % len(self.rxs)]
        got = tried(partial(composing.cancel, rx.pk, composing.Cancel("duplicate"), **self.as_placer(rx)))
        assert (got and got.outcome.value) == rx.cancel(self.at)

    @rule(which=WHICH, hold=st.integers(0, 3))
    def suspend_or_resume(self, which, hold):
        rx = self.rxs[which % len(self.rxs)]
        if hold == 0:
            said = composing.Suspension("other")
            if self.expect(rx.state == "approved", composing.suspend, rx.pk, said, **self.as_placer(rx)):
                rx.state = "on_hold"
        elif (rx.state == "on_hold" or hold == 1) and self.expect(
            rx.state == "on_hold", composing.resume, rx.pk, **self.as_placer(rx)
        ):
            rx.state = "approved"
            rx.settle(self.at)

    @there_is("waiting", "not_supplied")
    @rule(which=WHICH, codes=st.permutations(ALL), many=st.integers(1, 3), sure=st.integers(0, 3))
    def nominate(self, which, codes, many, sure):
        if sure:
            return
        rx, order = self.pick(which, "waiting", "not_supplied")
        again = order.phase == "not_supplied" and not order.anew
        allowed = (order.phase == "waiting" or again) and rx.state == "approved" and order.expires > self.at
        by = road.Actor(road.Role.PLACER, "k", rx.placer)
        done = self.expect(allowed, nominating.nominate, order.pk, codes[:many], by=by, at=self.at)
        if done and again:
            rx.route_anew(order, done.pk)
        if done:
            (rx.orders[-1] if again else order).named = frozenset(codes[:many])

    @there_is(*model.UNSUPPLIED)
    @rule(which=WHICH, who=st.sampled_from([acting.ANNA, acting.BEN]))
    def force_release(self, which, who):
        rx, order = self.pick(which, *model.UNSUPPLIED)
        first = order.phase == "ready" and order.release_by == ""
        allowed = order.phase in model.UNSUPPLIED and not (
            order.phase == "ready" and order.release_by == who.id
        )
        got = self.expect(allowed, releasing.force_release, order.pk, reason="stale", by=who, at=self.at)
        if got is None:
            return
        assert got is not first
        if first:
            order.release_by = who.id
        else:
            rx.let_go(order, self.at)

    @rule(
        minutes=st.sampled_from(
            [*[1, 2, 11, 29, 31, 61, 125] * 3, 60 * 5, 60 * 25, 60 * 24 * 3, 60 * 24 * 12]
        )
    )
    def time_passes(self, minutes):
        self.at += timedelta(minutes=minutes)
        acting.timers(self.at)
        for rx in self.rxs:
            rx.timers(self.at)

    @invariant()
    def code_and_model_agree(self):
        self.at += timedelta(seconds=1)
        mirror.compare(self.rxs)
        mirror.world()
