"""An approved prescription becomes one order, with its lines, its offer, its code and its timer."""

from datetime import timedelta
from decimal import Decimal

import pytest

from routing.models import Offer, Order, OrderLine
from routing.ordering import give_up
from rxcenter.jobs.queue import Work
from rxcenter.jobs.working import HANDLERS
from rxcenter.ledger.models import Event
from rxcenter.ledger.recording import transaction
from rxcenter.patients.models import AccessLog
from rxcenter.prescriptions.models import Prescription
from tests import people
from tests.routing import road
from tests.routing.road import NOON, POOL, TO_OAK

pytestmark = pytest.mark.django_db


@pytest.fixture
def north():
    place = people.north()
    road.dispenser(place, licences=["narcotic"])
    return place


@pytest.fixture
def oak():
    place = people.oak()
    road.dispenser(place)
    return place


def test_the_handlers_are_registered():
    assert {"route", "expire", "lapse"} <= set(HANDLERS)


def test_without_routing_the_own_pharmacy_is_asked(north):
    order = road.routed(north)
    assert (order.state, order.pool, order.why_not) == ("offered", False, {})
    assert road.asked(order) == [("H0001", "pending")]
    assert road.told(order, "H0001") == ["order.created", "order.offered"]
    assert order.expires_at == NOON - timedelta(hours=1) + timedelta(days=3)
    assert road.waiting("expire", order.pk).due_at == order.expires_at


def test_lines_hold_what_is_authorised(north):
    order = road.routed(north)
    [line] = OrderLine.objects.filter(order=order)
    assert (line.line, line.authorised, line.remaining, line.unit, line.live) == (
        1,
        Decimal(7),
        Decimal(7),
        "tablet",
        True,
    )
    open_ended = road.routed(north, items=[{"line": 1, "drug": {"name": "x"}}])
    assert open_ended.lines.get().authorised is None


def test_a_nominated_pharmacy_is_asked_and_told(north, oak):
    order = road.routed(north, routing=TO_OAK)
    assert road.asked(order) == [("P0001", "pending")]
    assert road.told(order, "P0001") == ["order.offered"]


def test_nothing_personal_stands_in_the_events(north, oak):
    order = road.routed(north, routing=TO_OAK)
    code = road.code_of(order)
    for event in Event.objects.filter(subject=order.prescription_id):
        assert "李秀英" not in event.body
        assert code not in event.body


def test_the_code_is_sealed_and_hashed(north):
    order = road.routed(north)
    code = road.code_of(order)
    assert len(code) == 9
    assert code.encode() not in bytes(order.code_sealed) + bytes(order.code_hash)


def test_running_twice_makes_one_order(north):
    prescription = road.approved(north)
    road.route(prescription)
    road.route(prescription)
    assert Order.objects.filter(prescription=prescription).count() == 1
    assert Offer.objects.count() == 1


def test_a_batch_routes_each_once(north, oak):
    ids = [road.approved(north), road.approved(north, routing=TO_OAK)]
    jobs = [Work(n, "route", pk, {"groups": []}, 1, None) for n, pk in enumerate([*ids, ids[0]])]
    with transaction():
        HANDLERS["route"].work(jobs, NOON)
    assert sorted(Order.objects.values_list("prescription_id", flat=True)) == sorted(ids)


def test_what_is_no_longer_approved_is_not_routed(north):
    from rxcenter.prescriptions.lifecycle import Step, move

    prescription = road.approved(north)
    move(Step(prescription, "cancelled", "wrong_patient"), by=road.placer(north), at=NOON)
    road.route(prescription)
    assert not Order.objects.exists()


def test_narcotics_stay_in_house_and_the_placer_reads_why(north, oak):
    order = road.routed(north, groups=["narcotic"], routing=TO_OAK)
    assert road.asked(order) == [("H0001", "pending")]
    assert order.why_not["P0001"][0] == "in_house_only:narcotic"
    offered = Event.objects.get(subject=order.prescription_id, type="order.offered")
    assert "in_house_only:narcotic" in offered.body


@pytest.mark.parametrize("groups", [None, ["unknown"]])
def test_unclassified_drugs_stay_in_house(north, oak, groups):
    assert road.asked(road.routed(north, groups=groups, routing=TO_OAK)) == [("H0001", "pending")]


def test_a_herbal_prescription_needs_a_herbal_licence(north, oak):
    order = road.routed(north, kind="herbal", herbal={"doses": 7}, routing=TO_OAK)
    assert (order.state, order.why_not) == (
        "unroutable",
        {"P0001": ["no_licence:herbal"], "pool": ["no_consent"]},
    )


def test_nobody_eligible_is_unroutable_and_the_placer_is_told(oak):
    cloud = people.cloud()  # without a pharmacy of its own
    order = road.routed(cloud)
    assert order.state == "unroutable"
    assert road.told(order, "N0003") == ["order.created", "order.unroutable"]
    assert not Offer.objects.exists()


def test_with_consent_it_is_open_to_the_pool(north):
    road.pharmacy("P0008", in_pool=True)
    order = road.routed(north, routing=POOL)
    assert (order.state, order.pool) == ("open", True)
    assert road.told(order, "H0001") == ["order.created", "order.opened"]
    assert not Offer.objects.exists()


def test_the_delivery_region_is_read_out_of_the_sealed_address_and_logged(north, oak):
    oak.institution.dispenser.delivers = True
    oak.institution.dispenser.delivery_regions = ["兴庆区"]
    oak.institution.dispenser.save()
    address = {"region": "兴庆区", "text": "解放街 1 号 2 单元", "contact": "李秀英"}
    wanted = {"nominated": ["P0001"], "delivery": "delivery", "consent": True, "address": address}
    order = road.routed(north, routing=wanted)
    assert (order.state, order.region) == ("offered", "兴庆区")
    log = AccessLog.objects.get(prescription=order.prescription_id)
    assert (log.purpose, log.fields) == ("delivery area", "address")
    far = road.routed(north, routing={**wanted, "address": {**address, "region": "金凤区"}})
    assert far.why_not["P0001"] == ["outside_area"]


def test_what_ran_out_before_routing_expires(north):
    prescription = road.approved(north, issued=NOON - timedelta(days=3))
    road.route(prescription)
    assert not Order.objects.exists()
    assert Prescription.objects.get(pk=prescription).state == "expired"


def test_a_long_term_prescription_holds_longer(north):
    order = road.routed(north, issued=NOON - timedelta(days=4), long_term=True)
    assert order.expires_at == NOON + timedelta(days=3)


def test_giving_up_tells_the_placer(north):
    prescription = road.approved(north)
    with transaction():
        give_up(Work(1, "route", prescription, None, 5, None), NOON)
    assert Event.objects.filter(subject=prescription, type="order.not_routed", stream="H0001").exists()
