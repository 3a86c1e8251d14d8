"""What is stored is compared with what was approved before anybody gets it."""

import pytest
from django.utils import timezone

from routing import refusals
from routing.claiming import claim
from routing.digesting import altered, digest_of
from routing.models import Claim, Order
from routing.quarantining import claim_or_quarantine, or_quarantine
from routing.transferring import accept_transfer, ask_transfer
from rxcenter.ledger.models import Event
from rxcenter.prescriptions.models import Prescription
from tests.routing import road
from tests.routing.acts import BOTH
from tests.routing.road import NOON, TO_OAK, holder

pytestmark = pytest.mark.django_db


def alter(order: Order) -> None:
    """Somebody with a database prompt makes seven tablets seventy."""
    row = Prescription.objects.get(pk=order.prescription_id)
    row.document["items"][0]["quantity"]["value"] = 70
    Prescription.objects.filter(pk=row.pk).update(document=row.document)


def slug(answer):
    return answer.json()["type"].removeprefix("/problems/")


def test_S28_an_altered_prescription_is_not_handed_over(api, oak, order):
    alter(order)
    refused = api.claim(oak, order, key="k1")
    assert (refused.status_code, slug(refused)) == (409, "signature-invalid")
    assert refused["Content-Type"] == "application/problem+json"
    assert (road.state(order), Claim.objects.count()) == ("unroutable", 0)
    assert road.fresh(order).stale  # on the supervisor's list
    for stream in ("H0001", "P0001"):
        assert road.told(order, stream)[-1] == "order.quarantined"
    assert "invalid_digital_signature" in Event.objects.filter(type="order.quarantined").last().body
    assert api.get(oak, "/offers").json()["offers"] == []


def test_S28_the_retry_gets_the_same_answer_and_nobody_else_gets_it_either(api, oak, order):
    alter(order)
    first, again = api.claim(oak, order, key="k1"), api.claim(oak, order, key="k1")
    assert first.content == again.content
    assert again["Idempotent-Replayed"] == "true"
    assert slug(api.claim(oak, order)) == "wrong-state"
    assert Event.objects.filter(type="order.quarantined", primary=True).count() == 1


def test_S28_by_code_too(api, elm, pooled):
    alter(pooled)
    assert slug(api.by_code(elm, pooled, road.code_of(pooled))) == "signature-invalid"
    assert road.state(pooled) == "unroutable"


def test_the_digest_is_of_the_stored_document(order):
    row = Prescription.objects.get(pk=order.prescription_id)
    assert bytes(road.fresh(order).digest) == digest_of(row)
    assert not altered(road.fresh(order), row)
    row.document["items"][0]["days"] = 8
    assert altered(road.fresh(order), row)


def test_an_order_of_before_the_check_has_no_digest(api, oak, order):
    Order.objects.update(digest=None)
    assert api.claim(oak, order).status_code == 201


def test_the_bare_verb_refuses_and_changes_nothing(north, oak):
    order = road.routed(north, routing=TO_OAK)
    alter(order)
    with pytest.raises(refusals.SignatureInvalid):
        claim(order.pk, by=holder(oak), at=NOON)
    assert road.state(order) == "offered"
    assert isinstance(claim_or_quarantine(order.pk, by=holder(oak), at=NOON), refusals.SignatureInvalid)
    assert road.state(order) == "unroutable"


def test_a_transfer_hands_nothing_altered_on(north, oak, elm):
    made = road.claimed(road.routed(north, routing=BOTH), oak)
    asked = ask_transfer(made.claim.pk, made.token, "P0002", reason="closed", by=holder(oak), at=NOON)
    alter(made.claim.order)
    ended = or_quarantine(lambda: accept_transfer(asked.pk, by=holder(elm), at=NOON), at=NOON)
    assert isinstance(ended, refusals.SignatureInvalid)
    assert road.state(made.claim.order) == "unroutable"
    assert Claim.objects.get().state == "released"
    assert road.told(made.claim.order, "P0001")[-1] == "order.quarantined"


def test_an_altered_one_ends_with_its_time(api, oak, order):
    alter(order)
    api.claim(oak, order)
    road.expire(order, order.expires_at)
    assert (road.state(order), road.prescription_state(order)) == ("expired", "expired")
    assert order.expires_at > timezone.now()
