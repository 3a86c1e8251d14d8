"""A job that is given up tells the placer of a failure only where there still is one."""

from datetime import timedelta
from uuid import uuid4

import pytest

from routing import expiring, lapsing, ordering
from rxcenter.accounts.roles import SYSTEM
from rxcenter.jobs.queue import Work
from rxcenter.ledger.models import Event
from rxcenter.ledger.recording import transaction
from rxcenter.prescriptions.lifecycle import Step, move
from tests.people import NOON
from tests.routing import road
from tests.routing.road import TO_OAK

pytestmark = pytest.mark.django_db


@pytest.fixture
def offered(north, oak):
    return road.routed(north, routing=TO_OAK)


def give_up(handler, subject):
    with transaction():
        handler(Work(1, "x", subject, None, 5, uuid4()), NOON)


def failures(subject):
    rows = Event.objects.filter(
        subject=subject, type__in=("order.not_routed", "order.timer_failed"), primary=True
    )
    return list(rows.values_list("type", flat=True))


def test_an_approved_prescription_that_was_not_routed_is_reported(north):
    waiting = road.approved(north)
    give_up(ordering.give_up, waiting)
    assert failures(waiting) == ["order.not_routed"]


def test_one_that_was_routed_or_ended_meanwhile_is_not(north, offered):
    give_up(ordering.give_up, offered.prescription_id)
    assert failures(offered.prescription_id) == []
    ended = road.approved(north)
    move(Step(ended, "expired"), by=SYSTEM, at=NOON)
    give_up(ordering.give_up, ended)
    assert failures(ended) == []


def test_a_timer_that_failed_is_reported_while_its_order_waits(offered):
    give_up(expiring.give_up, offered.pk)
    assert failures(offered.prescription_id) == ["order.timer_failed"]


def test_an_ended_orders_timer_is_no_failure(offered):
    road.expire(offered, offered.expires_at)
    give_up(expiring.give_up, offered.pk)
    assert failures(offered.prescription_id) == []


def test_a_lease_that_nobody_could_end_is_reported(oak, offered):
    made = road.claimed(offered, oak)
    give_up(lapsing.give_up, made.claim.pk)
    assert failures(offered.prescription_id) == ["order.timer_failed"]


def test_the_lease_of_a_claim_that_ended_is_no_failure(oak, offered):
    made = road.claimed(offered, oak)
    road.lapse(made, NOON + timedelta(minutes=31))
    give_up(lapsing.give_up, made.claim.pk)
    assert failures(offered.prescription_id) == []
