"""Invariant 24: any verbs at once, on any orders, with batches of timers between them: refused or done, never deadlocked."""

import random
import time
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Event, Thread

import pytest
from django.db import connection

from routing import cancel_deciding, expiring, lapsing, offer_timing, staleness, transferring
from routing.checking import orphans
from routing.claiming import claim
from routing.dispensing import Handover, Supplied, dispense
from routing.heartbeating import heartbeat
from routing.holding import token_again
from routing.models import Claim, Order, Transfer
from routing.nominating import nominate
from routing.readying import ready
from routing.releasing import force_release
from routing.returning import give_back
from routing.splitting import split
from routing.starting import start
from routing.tracking import Update, track
from routing.transferring import accept_transfer, ask_transfer
from rxcenter.accounts.roles import Actor, Role
from rxcenter.api.composing import Cancel, Suspension, cancel, resume, suspend
from rxcenter.errors import Refused, Words
from rxcenter.jobs.queue import Work
from rxcenter.ledger.recording import transaction
from rxcenter.ledger.verifying import faults
from tests import people
from tests.routing import acts, road
from tests.routing.road import NOON, holder

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
THREADS, ACTS, PRESCRIPTIONS = 6, 50, 8
ANNA = Actor(Role.OPERATOR, "anna")


class Chance:
    """One thread's random acts."""

    def __init__(self, seed, places):
        self.random, self.places = random.Random(seed), places
        self.done = 0

    def act(self, at):
        """One act: either done or refused."""
        name = self.random.choice(
            ["claims", "claims", "holders", "holders", "holders", "placer", "timers", "supervisor"]
        )
        try:
            getattr(self, name)(at)
            self.done += 1
        except Refused:
            pass

    def pick(self, rows):
        found = list(rows)
        if not found:
            raise Refused(Words("无", "nothing to act on"))
        return self.random.choice(found)

    def claims(self, at):
        order = self.pick(Order.objects.filter(state__in=["open", "offered"]))
        claim(order.pk, by=holder(self.random.choice(self.places[1:])), at=at, proven=True)

    def holders(self, at):
        held = self.pick(Claim.objects.filter(state="open").select_related("order"))
        by = Actor(Role.DISPENSER, "key", held.dispenser_id)
        with transaction():
            token = token_again(held, by=by, at=at)
        part = [Supplied(self.random.choice([1, 2]), Decimal(3), owed=True)]
        name = str(self.random.random())
        said = Handover(name, "YS1", held.claimed_at, part, override="known_patient", checked_by="YS1")
        to = self.random.choice(["P0001", "P0002"])
        asked = Transfer.objects.filter(state="pending").order_by("?").first()
        self.random.choice([
            lambda: give_back(held.pk, token, reason="patient_delayed", by=by, at=at),
            lambda: start(held.pk, token, by=by, at=at),
            lambda: ready(held.pk, token, by=by, at=at),
            lambda: heartbeat(held.pk, token, by=by, at=at),
            lambda: dispense(held.pk, token, said, by=by, at=at),
            lambda: split(held.pk, token, [2], reason="out_of_stock", by=by, at=at, offer_to_me=True),
            lambda: ask_transfer(held.pk, token, to, reason="closed", by=by, at=at),
            lambda: asked and accept_transfer(asked.pk, by=Actor(Role.DISPENSER, "key", asked.to_id), at=at),
            lambda: self.report(at),
        ])()  # fmt: skip

    def report(self, at):
        held = list(Claim.objects.filter(state="open", dispenser="P0001").order_by("?")[:5])
        if held:
            updates = [Update(c.pk, str(self.random.random()), "ready", at) for c in held]
            track(updates, by=holder(self.places[1]), at=at)

    def placer(self, at):
        north, order = self.places[0], self.pick(Order.objects.all())
        self.random.choice([
            lambda: cancel(order.prescription_id, Cancel("duplicate"), client=north.client, at=at),
            lambda: suspend(order.prescription_id, Suspension("other"), client=north.client, at=at),
            lambda: resume(order.prescription_id, client=north.client, at=at),
            lambda: resume(order.prescription_id, client=north.client, at=at),
            lambda: nominate(order.pk, ["P0002", "P0001"], by=road.placer(north), at=at),
            lambda: nominate(order.pk, ["P0001"], by=road.placer(north), at=at),
        ])()  # fmt: skip

    def supervisor(self, at):
        force_release(self.pick(Order.objects.all()).pk, reason="stale", by=ANNA, at=at)

    def timers(self, at):
        """A whole batch in one transaction, in the order in which the jobs happened to be made."""
        work = self.random.choice([
            lapsing.work, expiring.work, offer_timing.time_out, staleness.work, cancel_deciding.work, transferring.work,
        ])  # fmt: skip
        about = Claim if work in (lapsing.work, transferring.work) else Order
        subjects = list(about.objects.values_list("pk", flat=True))
        self.random.shuffle(subjects)
        with transaction():
            work([Work(n, "x", subject, None, 1, subject) for n, subject in enumerate(subjects)], at)


def test_invariant_24_a_report_on_an_order_and_its_part_against_the_return_of_the_part():
    """A row that is written twice in a transaction has its foreign keys checked at the commit: the part's parent."""
    north, oak = people.north(), people.oak()
    road.dispenser(north)
    road.dispenser(oak, in_pool=True)
    order = road.routed(north, routing=road.TO_OAK, items=acts.items(28, 14))
    by, kept = holder(oak), road.claimed(order, oak)
    part = split(kept.claim.pk, kept.token, [2], reason="out_of_stock", by=by, at=NOON, offer_to_me=True).part
    half = road.claimed(part, oak)
    returned, wrong = Event(), []

    def report():
        returned.wait(timeout=30)
        try:
            track([Update(c.claim.pk, "u1", "ready", NOON) for c in (kept, half)], by=by, at=NOON)
        except Exception as error:
            wrong.append(repr(error))
        finally:
            connection.close()

    other = Thread(target=report)
    other.start()
    with transaction():
        give_back(half.claim.pk, half.token, reason="patient_delayed", by=by, at=NOON)
        returned.set()
        until_somebody_waits()
    other.join(timeout=30)
    assert wrong == []
    assert (road.state(order), road.state(part)) == ("claimed", "offered")


def until_somebody_waits():
    """For a lock, in another session."""
    for _ in range(300):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waited")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
def test_invariant_24_random_verbs_and_batches_of_timers_never_deadlock(seed):
    places = [people.north(), people.oak()]
    road.dispenser(places[0])
    road.dispenser(places[1], in_pool=True)
    places.append(road.pharmacy("P0002", in_pool=True))
    for _ in range(PRESCRIPTIONS):
        road.routed(places[0], routing={**acts.BOTH, "consent": True}, items=acts.items(28, 14))
    wrong, done, gate = [], [], Barrier(THREADS)

    def run(n):
        chance = Chance(seed * 100 + n, places)
        try:
            gate.wait(timeout=60)
            for step in range(ACTS):
                chance.act(NOON + timedelta(minutes=step))
        except Exception as error:
            wrong.append(repr(error))
        finally:
            done.append(chance.done)
            connection.close()

    threads = [Thread(target=run, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=240)
    assert (len(done), wrong) == (THREADS, [])
    assert sum(done) > THREADS * ACTS / 4, "too few acts were possible to prove anything"
    assert (orphans(), list(faults())) == ([], [])
