"""What the placer reads: every order with its lines, who was asked to cancel, and why nothing can be handed over."""

from decimal import Decimal

import pytest
from django.utils import timezone

from routing.claiming import claim
from routing.dispensing import Supplied
from routing.splitting import split
from rxcenter.api.claims_shapes import PickupAnswer
from rxcenter.api.custody_shapes import PrescriptionShape
from rxcenter.ledger.recording import transaction
from rxcenter.prescriptions.lifecycle import Step, move
from tests.routing import acts, road
from tests.routing.road import holder, placer

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(north, oak, elm):
    """Oak has lines 1 and 3 of three; line 2 is offered to Elm."""
    order = road.routed(north, at=timezone.now(), routing=acts.BOTH, items=acts.items(10, 20, 30))
    found = claim(order.pk, by=holder(oak), at=timezone.now())
    split(found.claim.pk, found.token, [2], reason="out_of_stock", by=holder(oak), at=timezone.now())
    return found


def read(api, north, made):
    answer = api.get(north, f"/prescriptions/{made.claim.order.prescription_id}")
    assert answer.status_code == 200
    said = answer.json()
    assert set(said) == set(PrescriptionShape().fields)
    for order in said["orders"]:
        assert set(order) == set(PrescriptionShape().fields["orders"].child.fields)
    return said


def codes(said):
    return (said["value"], [r["code"] for r in said["reasons"]])


def test_each_part_is_shown_with_its_lines_and_what_was_handed_over(api, north, oak, made):
    acts.give(made, oak, Supplied(1, Decimal(4), owed=True), Supplied(3), at=timezone.now())
    said = read(api, north, made)
    kept, part = said["orders"]
    assert (kept["parent"], part["parent"]) == (None, kept["id"])
    assert [(n["line"], n["status"], n["remaining"]) for n in kept["lines"]] == [
        (1, "part_dispensed", "6"),
        (3, "dispensed", "0"),
    ]
    assert [(n["line"], n["status"]) for n in part["lines"]] == [(2, "open")]
    assert (kept["holder"], part["holder"], part["tracking"]["status"]) == ("P0001", None, "offered")
    [given] = kept["dispenses"]
    assert (given["dispenser"], given["lines"][0]["quantity"], given["withdrawn_at"]) == ("P0001", "4", None)
    assert codes(said["dispensability"]) == (True, [])


def test_a_cancel_that_waits_is_named_with_its_reason(api, north, made):
    path = f"/prescriptions/{made.claim.order.prescription_id}/cancel"
    assert api.post(north, path, {"code": "prescribing_error", "reason": "写错剂量"}).status_code == 202
    said = read(api, north, made)
    kept, part = said["orders"]
    assert (kept["cancel"]["reason"], kept["cancel"]["outcome"]) == ("prescribing_error", "waiting")
    assert (codes(kept["dispensability"]), codes(part["dispensability"])) == (
        (False, ["cancel_pending"]),
        (False, ["cancelled"]),
    )
    assert codes(said["dispensability"]) == (False, ["cancel_pending", "cancelled"])
    assert said["dispensability"]["reasons"][0]["message"]["zh"]


def test_suspended_says_so_everywhere(api, north, made):
    with transaction():
        step = Step(made.claim.order.prescription_id, "held", reason="other")
        move(step, by=placer(north), at=timezone.now())
    said = read(api, north, made)
    assert codes(said["dispensability"]) == (False, ["on_hold"])
    assert {codes(o["dispensability"])[1][0] for o in said["orders"]} == {"on_hold"}


def test_before_it_has_orders(api, north):
    prescription = road.approved(north, at=timezone.now())
    said = api.get(north, f"/prescriptions/{prescription}").json()
    assert codes(said["dispensability"]) == (False, ["not_routed"])


def test_every_part_that_waits_stands_on_the_pickup_answer(api, north, oak, made):
    said = api.get(north, f"/prescriptions/{made.claim.order.prescription_id}/pickup").json()
    assert set(said) == set(PickupAnswer().fields)
    assert {tuple(p["lines"]): [d["code"] for d in p["dispensers"]] for p in said["parts"]} == {
        (1, 3): ["P0001"],
        (2,): ["P0002"],
    }
    assert {p["code"] for p in said["parts"]} == {said["code"]}
    acts.give(made, oak, at=timezone.now())
    after = api.get(north, f"/prescriptions/{made.claim.order.prescription_id}/pickup").json()
    assert [p["lines"] for p in after["parts"]] == [[2]]
