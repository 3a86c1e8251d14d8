"""Nothing lost: what would be nobody's is found, and the verbs leave nothing to find."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from routing import ordering
from routing.checking import orphans
from routing.correcting import amend, withdraw
from routing.dispensing import Handover, Supplied
from routing.models import Order
from routing.not_supplying import not_supplied
from rxcenter.api.composing import Suspension, resume, suspend
from rxcenter.jobs.models import Job
from tests.routing import acts, road
from tests.routing.road import NOON, TO_OAK, holder

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


def why():
    return [found.why for found in orphans()]


def finish(kind):
    Job.objects.filter(kind=kind).delete()


def test_invariant_03_each_timer_that_is_gone_is_missed(north, oak):
    order = road.routed(north, routing=TO_OAK)
    assert why() == []
    finish("expire")
    assert why() == ["it never expires"]
    road.claimed(order, oak)
    assert why() == []
    finish("lapse")
    assert why() == ["its lease never ends"]
    Order.objects.update(cancel_requested=True)
    assert why() == ["its cancel is never decided"]


def test_invariant_03_an_approved_prescription_without_order_or_job(north):
    prescription = road.approved(north)
    assert [(o.prescription, o.order, o.why) for o in orphans()] == [
        (prescription, None, "approved and never routed")
    ]
    with pytest.raises(CommandError):
        call_command("verify_custody")
    road.route(prescription)
    call_command("verify_custody")


def test_invariant_03_an_offer_that_nobody_has(north, oak):
    order = road.routed(north, routing=TO_OAK)
    order.offers.update(state="superseded")
    assert why() == ["nobody is asked"]


def test_what_is_suspended_before_it_is_routed_is_routed_when_it_is_resumed(north, oak):
    prescription = road.approved(north, routing=TO_OAK)
    suspend(prescription, Suspension("other"), client=north.client, at=NOON)
    road.route(prescription, at=NOON)
    assert not Order.objects.exists()
    assert why() == []
    waiting = Job.objects.get(kind="route", subject=prescription, state="due")
    assert waiting.payload == {"groups": []}
    resume(prescription, client=north.client, at=LATER)
    assert Job.objects.get(pk=waiting.pk).due_at <= LATER
    road.run(ordering.work, prescription, LATER, waiting.payload)
    assert Order.objects.get().state == "offered"


def test_what_ended_while_it_was_suspended_ends_when_it_is_resumed(north, oak):
    order = road.routed(north, routing=TO_OAK)
    made = road.claimed(order, oak)
    suspend(order.prescription_id, Suspension("other"), client=north.client, at=NOON)
    not_supplied(made.claim.pk, made.token, reason="has_enough", by=holder(oak), at=NOON)
    finish("settle")  # its time came while the prescription was suspended
    resume(order.prescription_id, client=north.client, at=order.expires_at)
    assert road.prescription_state(order) == "not_dispensed"
    assert why() == []


def test_a_correction_leaves_the_holder_watched(north, oak):
    order = road.routed(north, routing=TO_OAK, items=acts.items(28))
    made = road.claimed(order, oak)
    whole = acts.give(made, oak)
    part = Handover(
        "L2", "YS1", NOON, [Supplied(1, Decimal(8))], override="identity_checked", checked_by="YS1"
    )
    newest = amend(whole.pk, made.token, part, by=holder(oak), at=NOON)
    assert (road.state(order), why()) == ("partly_supplied", [])
    finish("stale")
    withdraw(newest.pk, made.token, reason="wrong_quantity", by=holder(oak), at=NOON)
    assert (road.state(order), why()) == ("preparing", [])
