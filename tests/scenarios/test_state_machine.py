"""Random walks over all verbs of custody, judged by a model that knows nothing of the code (model.py).

RXCENTER_STEPS says how many steps are taken (2,000 when it is not set); with RXCENTER_SHRINK a failing walk is
made as short as possible first, which takes minutes.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from routing import (
    cancel_deciding,
    claiming,
    closing,
    correcting,
    dispensing,
    heartbeating,
    not_supplying,
    readying,
    returning,
    splitting,
    starting,
    transferring,
)
from rxcenter.errors import Refused
from rxcenter.ledger.verifying import faults
from tests.scenarios import acting, model
from tests.scenarios.acting import dispenser
from tests.scenarios.walking import ALL, PARTS, WHICH, WHO, Walk, there_is

STEPS, WALK = int(os.environ.get("RXCENTER_STEPS", "2000")), 50


class Custody(Walk):
    """What dispensers do."""

    @there_is("waiting")
    @rule(which=WHICH, who=st.integers(0, 20), proven=st.booleans())
    def claim(self, which, who, proven):
        rx, order = self.pick(which, "waiting")
        likely = acting.claimants(order.pk, proven)
        code = likely[who % len(likely)] if likely and who < 18 else [*ALL, rx.placer][who % 4]
        allowed = rx.may_claim(order, self.at) and code in likely
        if made := self.expect(
            allowed, claiming.claim, order.pk, by=dispenser(code), at=self.at, proven=proven
        ):
            rx.claimed(order, code, made.claim.pk, made.token, self.at)

    @there_is("waiting")
    @rule(which=st.integers(0, 7), who=st.integers(0, 17))
    def claim_what_waits(self, which, who):
        """Once more, so that walks go on: half of what follows needs a holder."""
        self.claim(which, who, True)

    @there_is(*model.HELD)
    @rule(which=st.integers(0, 7))
    def give_all(self, which):
        """Of every line what is left."""
        rx, order = self.pick(which, *model.HELD)
        self.hand_over(
            rx, order, [(n, None) for n, line in sorted(order.lines.items()) if not line.done], False
        )

    @there_is(*model.UNSUPPLIED)
    @rule(which=WHICH)
    def heartbeat(self, which):
        rx, order = self.pick(which, *model.UNSUPPLIED)
        if self.expect(
            rx.may_beat(order, self.at), heartbeating.heartbeat, *self.held_by(order), **self.how(order)
        ):
            rx.beat(order, self.at)

    @there_is("claimed", "preparing")
    @rule(which=WHICH, verb=st.sampled_from([starting.start, readying.ready]))
    def go_on(self, which, verb):
        rx, order = self.pick(which, "claimed", "preparing")
        before = ("claimed",) if verb is starting.start else ("claimed", "preparing")
        if self.expect(
            rx.goes_on(order) and order.phase in before, verb, *self.held_by(order), **self.how(order)
        ):
            rx.advance(order, "preparing" if verb is starting.start else "ready")

    @there_is(*model.UNSUPPLIED)
    @rule(which=WHICH, reason=st.sampled_from(["out_of_stock", "patient_delayed"]))
    def give_back(self, which, reason):
        rx, order = self.pick(which, *model.UNSUPPLIED)
        how = {"reason": reason, **self.how(order)}
        if self.expect(order.phase in model.UNSUPPLIED, returning.give_back, *self.held_by(order), **how):
            rx.let_go(order, self.at)

    @there_is(*model.HELD)
    @rule(which=WHICH, parts=PARTS, owed=st.booleans())
    def give(self, which, parts, owed):
        rx, order = self.pick(which, *model.HELD)
        self.hand_over(rx, order, acting.mostly(parts, order), owed)

    def hand_over(self, rx, order, parts, owed):
        said, allowed = acting.handover(parts, owed, self.at), rx.may_give(order, parts, owed)
        if made := self.expect(allowed, dispensing.dispense, *self.held_by(order), said, **self.how(order)):
            rx.give(order, made.pk, parts, owed, self.at)

    @there_is("partly_supplied", "completed")
    @rule(which=WHICH, parts=PARTS, owed=st.booleans(), newest=st.integers(0, 3), amend=st.booleans())
    def correct(self, which, parts, owed, newest, amend):
        rx, order = self.pick(which, "partly_supplied", "completed")
        if not order.given:
            return
        parts, dispense = acting.mostly(parts, order), order.given[-1 if newest else 0][0]
        allowed = rx.may_correct(order, dispense)
        if not amend:
            how = {"reason": "other", **self.how(order)}
            if self.expect(allowed, correcting.withdraw, dispense, order.token, **how):
                rx.take_back(order, self.at)
            return
        said = acting.handover(parts, owed, self.at)
        allowed = allowed and rx.may_amend(order, parts, owed)
        if made := self.expect(allowed, correcting.amend, dispense, order.token, said, **self.how(order)):
            rx.amend(order, made.pk, parts, owed, self.at)

    @there_is(*model.UNSUPPLIED)
    @rule(
        which=WHICH,
        numbers=st.lists(st.integers(1, 3), min_size=1, max_size=2, unique=True),
        mine=st.booleans(),
    )
    def split(self, which, numbers, mine):
        rx, order = self.pick(which, *model.UNSUPPLIED)
        how = {"reason": "out_of_stock", "offer_to_me": mine, **self.how(order)}
        allowed = rx.may_split(order, numbers, self.at)
        if done := self.expect(allowed, splitting.split, *self.held_by(order), numbers, **how):
            rx.part(order, numbers, done.part.pk, order.expires, "" if mine else order.holder)

    @there_is("partly_supplied")
    @rule(which=WHICH)
    def release_remainder(self, which):
        rx, order = self.pick(which, "partly_supplied")
        allowed = rx.goes_on(order) and order.phase == "partly_supplied"
        how = {"reason": "closed", **self.how(order)}
        if done := self.expect(allowed, closing.release_remainder, *self.held_by(order), **how):
            rx.release_remainder(order, done.part and done.part.pk, self.at)

    @there_is(*model.UNSUPPLIED)
    @rule(which=WHICH)
    def refuse_to_supply(self, which):
        rx, order = self.pick(which, *model.UNSUPPLIED)
        how = {"reason": "has_enough", **self.how(order)}
        if self.expect(
            order.phase in model.UNSUPPLIED, not_supplying.not_supplied, *self.held_by(order), **how
        ):
            rx.refuse(order, self.at)

    @there_is("claimed", "preparing")
    @rule(which=WHICH, to=WHO)
    def ask_transfer(self, which, to):
        rx, order = self.pick(which, "claimed", "preparing")
        how = {"reason": "closed", **self.how(order)}
        allowed = rx.may_transfer(order, to, self.at) and order.transfer is None
        if made := self.expect(allowed, transferring.ask_transfer, *self.held_by(order), to, **how):
            order.transfer = (made.pk, to, self.at)

    @precondition(lambda self: any(o.transfer for rx in self.rxs for o in rx.orders))
    @rule(which=WHICH, accept=st.booleans())
    def answer_transfer(self, which, accept):
        asked = [(rx, o) for rx in self.rxs for o in rx.orders if o.transfer]
        rx, order = asked[which % len(asked)]
        pk, to, _since = order.transfer
        how = {"by": dispenser(to), "at": self.at}
        if not accept:
            self.expect(True, transferring.decline_transfer, pk, reason="closed", **how)
            order.transfer = None
        elif made := self.expect(
            rx.may_transfer(order, to, self.at), transferring.accept_transfer, pk, **how
        ):
            order.free()
            rx.claimed(order, to, made.claim.pk, made.token, self.at)

    @precondition(lambda self: any(o.cancel_at for rx in self.rxs for o in rx.orders))
    @rule(which=WHICH, accept=st.booleans(), parts=PARTS, owed=st.booleans())
    def answer_cancel(self, which, accept, parts, owed):
        waiting = [(rx, o) for rx in self.rxs for o in rx.orders if o.cancel_at is not None]
        rx, order = waiting[which % len(waiting)]
        if accept:
            self.expect(True, cancel_deciding.accept_cancel, *self.held_by(order), **self.how(order))
            rx.let_go(order, self.at)
            return
        parts = acting.mostly(parts, order)
        said, allowed = acting.handover(parts, owed, order.cancel_at), rx.fits(order, parts, owed)
        if made := self.expect(
            allowed, cancel_deciding.refuse_cancel, *self.held_by(order), said, **self.how(order)
        ):
            order.cancel_at = None
            rx.give(order, made.pk, parts, owed, self.at)

    @precondition(lambda self: any(o.dead for rx in self.rxs for o in rx.orders))
    @rule(which=WHICH, verb=st.sampled_from([dispensing.dispense, returning.give_back, starting.start]))
    def an_old_token_is_dead(self, which, verb):
        dead = [d for rx in self.rxs for o in rx.orders for d in o.dead]
        claim, token, whose = dead[which % len(dead)]
        said = [acting.handover([(1, None)], False, self.at)] if verb is dispensing.dispense else []
        more = {"reason": "closed"} if verb is returning.give_back else {}
        with pytest.raises(Refused):
            verb(claim, token, *said, by=dispenser(whose), at=self.at, **more)


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.django_db(transaction=True)
def test_random_walks_agree_with_the_model():
    Walk.places = acting.build()
    shrink = [Phase.shrink] if "RXCENTER_SHRINK" in os.environ else []
    walks = settings(
        max_examples=max(1, STEPS // WALK),
        stateful_step_count=WALK,
        deadline=None,
        database=None,
        derandomize="RXCENTER_STEPS" not in os.environ,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, *shrink],
    )
    run_state_machine_as_test(Custody, settings=walks)
    assert list(faults()) == []
