"""Real threads with real connections: exactly one wins."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import connection

from routing import refusals
from routing.claiming import LEASE, claim
from routing.dispensing import Handover, Supplied, dispense
from routing.holding import token_hash
from routing.idempotency import Answer, asked, once
from routing.models import Claim, Dispense, Offer, Order, OrderLine
from routing.withdrawing import withdraw
from rxcenter.api.composing import Cancel, cancel
from rxcenter.ledger.models import Event
from rxcenter.ledger.recording import transaction
from rxcenter.prescriptions.lifecycle import Step, lock, move
from tests import people
from tests.routing import road
from tests.routing.road import NOON, POOL, holder

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("transactional_db")]


def race(acts: list[Callable[[], object]]) -> Counter[str]:
    """All acts at once, each on its own connection; counts results by class name, what was raised with a `!`."""
    start, ended = Barrier(len(acts)), []

    def one(act: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            start.wait(timeout=60)
            ended.append(type(act()).__name__)
        except Exception as error:
            ended.append("!" + type(error).__name__)
        finally:
            connection.close()

    threads = [Thread(target=one, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert len(ended) == len(acts), "a thread hangs"
    return Counter(ended)


@pytest.fixture
def north():
    place = people.north()
    road.dispenser(place)
    return place


def test_fifty_claims_one_winner(north):
    pharmacies = [road.pharmacy(f"P{n:04d}", in_pool=True) for n in range(10)]
    order = road.routed(north, routing=POOL)
    who = [holder(p) for p in pharmacies for _ in range(5)]
    ended = race([lambda by=by: claim(order.pk, by=by, at=NOON, proven=True) for by in who])
    assert ended["Claimed"] == 1, ended
    assert ended == {"Claimed": 1, "!AlreadyHeldByYou": 4, "!WithAnotherDispenser": 45}
    assert Claim.objects.filter(order=order, state="open").count() == 1
    assert (
        Event.objects.filter(subject=order.prescription_id, type="order.claimed", primary=True).count() == 1
    )
    numbers = Event.objects.filter(stream="H0001").order_by("seq").values_list("seq", flat=True)
    assert list(numbers) == list(range(1, len(numbers) + 1))


def test_fifty_writers_without_any_lock_one_open_claim(contradictions_allowed, north):
    """The index alone: writers that skip the verb, its locks and its conditional UPDATE."""
    order = road.routed(north)

    def barge(n: int) -> Claim:
        return Claim.objects.create(
            id=uuid4(), order=order, dispenser_id="H0001", seq=n, token_hash=token_hash(str(n)), token_sealed=b"",
            claimed_at=NOON,
        )  # fmt: skip

    ended = race([lambda n=n: barge(n) for n in range(50)])
    assert ended == {"Claim": 1, "!IntegrityError": 49}
    assert Claim.objects.filter(order=order, state="open").count() == 1


def test_claim_against_expiry(north):
    for _ in range(8):
        order = road.routed(north)
        at = order.expires_at - timedelta(microseconds=1)
        ended = race(
            [
                lambda o=order, t=at: claim(o.pk, by=holder(north), at=t),
                lambda o=order: road.expire(o, o.expires_at),
            ]
        )
        pair = (road.state(order), road.prescription_state(order))
        assert pair in {("claimed", "approved"), ("expired", "expired")}
        assert (ended["Claimed"] == 1) is (pair[0] == "claimed"), ended
        assert Claim.objects.filter(order=order, state="open").count() == ended["Claimed"]


def test_claim_against_cancel(north):
    def cancel(order: Order) -> str:
        with transaction():
            lock([order.prescription_id])
            withdraw(order.prescription_id, by=road.placer(north), at=NOON)
            move(Step(order.prescription_id, "cancelled", "wrong_patient"), by=road.placer(north), at=NOON)
        return "done"

    for _ in range(8):
        order = road.routed(north)
        ended = race([lambda o=order: claim(o.pk, by=holder(north), at=NOON), lambda o=order: cancel(o)])
        pair = (road.state(order), road.prescription_state(order))
        assert pair in {("claimed", "approved"), ("cancelled", "cancelled")}
        cancelled = pair[0] == "cancelled"
        assert ended == (
            {"str": 1, "!PrescriptionCancelled": 1} if cancelled else {"Claimed": 1, "!Claimed": 1}
        )


def test_dispense_against_lapse(north):
    at = NOON + LEASE
    for _ in range(8):
        order = road.routed(north)
        made = road.claimed(order, north)
        report = Handover("L1", "YS1", at)
        race(
            [
                lambda m=made, h=report: dispense(m.claim.pk, m.token, h, by=holder(north), at=at),
                lambda m=made: road.lapse(m, at),
            ]
        )
        supplied = Dispense.objects.filter(order=order).count()
        assert (road.state(order), supplied) in {("completed", 1), ("offered", 0)}


def test_twenty_dispenses_one_fact(north):
    order = road.routed(north)
    made = road.claimed(order, north)
    acts = [
        lambda n=n: dispense(
            made.claim.pk, made.token, Handover(f"L{n}", "YS1", NOON), by=holder(north), at=NOON
        )
        for n in range(20)
    ]
    assert race(acts) == {"Dispense": 1, "!AlreadyDispensed": 19}
    assert Event.objects.filter(type="order.dispensed", primary=True).count() == 1


def test_twenty_requests_with_one_key_one_effect(north):
    order = road.routed(north)
    request = asked("H0001", "claims", "k1", b"{}")

    def act() -> Answer:
        made = claim(order.pk, by=holder(north), at=NOON)
        return Answer(201, str(made.claim.pk), order.prescription_id)

    ended = race([lambda: once(request, act, by=holder(north), at=NOON) for _ in range(20)])
    assert set(ended) <= {"Answer", "!InProgress"}, ended
    assert Claim.objects.count() == 1
    assert once(request, act, by=holder(north), at=NOON).replayed


def test_two_jobs_for_one_prescription_one_order(north):
    prescription = road.approved(north)
    race([lambda: road.route(prescription) for _ in range(8)])
    assert Order.objects.filter(prescription=prescription).count() == 1
    assert Offer.objects.count() == 1


def test_a_lost_race_is_a_refusal_not_a_crash(north, monkeypatch):
    """With the conditional UPDATE made blind, the index still stops the second claim, as a proper refusal."""
    order = road.routed(north)
    road.claimed(order, north)
    monkeypatch.setattr("routing.claiming._refusal", lambda *args, **kwargs: None)
    monkeypatch.setattr(
        "routing.claiming.move_order", lambda order, taken, **kwargs: setattr(order, "claim_seq", 77)
    )
    with pytest.raises(refusals.WithAnotherDispenser):
        claim(order.pk, by=holder(north), at=NOON)
    assert Claim.objects.count() == 1


def test_partial_supplies_at_once_never_exceed_what_was_authorised(north):
    """Ten tills of one holder hand over 2 of 7 tablets each: three fit, the rest is refused."""
    made = claim(road.routed(north).pk, by=holder(north), at=NOON)

    def give(n: int) -> Dispense:
        said = Handover(f"L{n}", "YS1", NOON, [Supplied(1, Decimal(2))])
        return dispense(made.claim.pk, made.token, said, by=holder(north), at=NOON)

    ended = race([lambda n=n: give(n) for n in range(10)])
    assert ended == {"Dispense": 3, "!OverSupply": 7}, ended
    line = OrderLine.objects.get(order=made.claim.order)
    assert (line.remaining, road.state(made.claim.order)) == (1, "partly_supplied")


@pytest.mark.parametrize("_round", range(5))
def test_claim_against_cancel_one_of_them_wins_or_the_holder_is_asked(north, _round):
    order = road.routed(north)
    said = Cancel("duplicate")
    ended = race(
        [
            lambda: claim(order.pk, by=holder(north), at=NOON),
            lambda: cancel(order.prescription_id, said, client=north.client, at=NOON),
        ]
    )
    order = road.fresh(order)
    if ended["Claimed"]:
        assert (order.state, order.cancel_requested) == ("claimed", True)
    else:
        assert ended == {"!PrescriptionCancelled": 1, "Cancelled": 1}
        assert (order.state, road.prescription_state(order)) == ("cancelled", "cancelled")


@pytest.mark.parametrize("_round", range(5))
def test_hand_over_against_cancel_the_ledger_knows_one_truth(north, _round):
    made = claim(road.routed(north).pk, by=holder(north), at=NOON)
    order = made.claim.order
    ended = race(
        [
            lambda: dispense(made.claim.pk, made.token, Handover("L", "Y", NOON), by=holder(north), at=NOON),
            lambda: cancel(order.prescription_id, Cancel("duplicate"), client=north.client, at=NOON),
        ]
    )
    assert ended in (
        {"Dispense": 1, "!AlreadyDispensed": 1},
        {"!CancelPending": 1, "Cancelled": 1},
    ), ended
    assert Dispense.objects.exists() is (road.state(order) == "completed")
