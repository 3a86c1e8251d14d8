"""A holder's acts over HTTP: each needs its key and token, nobody else's works, a lost answer is harmless."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from routing.models import Claim, Order
from rxcenter.ledger.models import Event
from tests.routing import acts, road
from tests.routing.acts import Holding, handover, slug

pytestmark = pytest.mark.django_db


VERBS = {
    "heartbeat": {},
    "start": {},
    "ready": {},
    "dispatch": {"courier": "SF", "consignment": "1"},
    "delivery-failed": {"reason": "nobody_there"},
    "split": {"lines": [1], "reason": "closed"},
    "release-remainder": {"reason": "closed"},
    "review": {"pharmacist": "YS1", "verdict": "agreed"},
    "transfer": {"to": "P0002", "reason": "closed"},
    "transfer/withdraw": {},
    "return": {"reason": "closed"},
    "dispenses": None,
    "cancel-decision": {"decision": "accept"},
}


@pytest.mark.parametrize("verb", VERBS)
def test_S07_invariant_08_a_wrong_claim_token_changes_nothing(held, nominated, verb):
    body = handover() if VERBS[verb] is None else VERBS[verb]
    events = Event.objects.count()
    for token in ("x" * 43, ""):
        refused = held.act(verb, body, token=token)
        assert (refused.status_code, slug(refused)) == (403, "wrong-claim-token"), refused.content
    assert (road.state(nominated), Event.objects.count()) == ("claimed", events)
    assert held.give().status_code == 201


@pytest.mark.parametrize("verb", VERBS)
def test_invariant_06_a_token_is_good_for_one_claim(api, oak, elm, held, nominated, verb):
    held.act("return", {"reason": "closed"})
    second = Holding(api, elm, api.claim(elm, nominated))
    before = Event.objects.count()
    body = handover() if VERBS[verb] is None else VERBS[verb]
    refused = held.act(verb, body)
    assert (refused.status_code, slug(refused)) == (409, "lease-lost"), refused.content
    assert Event.objects.count() == before
    assert second.give().status_code == 201


@pytest.mark.parametrize("verb", VERBS)
def test_invariant_07_only_the_holder_acts_and_the_refusal_tells_nothing(elm, held, nominated, verb):
    body = handover() if VERBS[verb] is None else VERBS[verb]
    refused = held.act(verb, body, place=elm)
    unknown = held.api.post(elm, f"/claims/{uuid4()}/{verb}", body, token=held.token)
    assert (refused.status_code, refused.content) == (404, unknown.content)
    assert road.state(nominated) == "claimed"


@pytest.mark.parametrize("verb", VERBS)
def test_every_act_needs_its_idempotency_key(held, verb):
    body = handover() if VERBS[verb] is None else VERBS[verb]
    assert slug(held.act(verb, body, key="")) == "idempotency-key-required"


@pytest.mark.parametrize("verb", ["heartbeat", "start", "ready", "review", "transfer", "return"])
def test_invariant_13_a_lost_answer_is_harmless(held, verb):
    first = held.act(verb, VERBS[verb], key="same")
    assert first.status_code in (200, 201, 202), first.content
    events = Event.objects.count()
    again = held.act(verb, VERBS[verb], key="same")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert Event.objects.count() == events


def test_invariant_01_one_holder_per_line_through_split_and_transfer(api, north, oak, elm):
    order = road.routed(north, at=timezone.now(), routing=acts.BOTH, items=acts.items(28, 14))
    held = Holding(api, oak, api.claim(oak, order))
    part = held.act("split", {"lines": [2], "reason": "out_of_stock"}).json()["part"]
    Holding(api, elm, api.post(elm, "/claims", {"order": part}))
    assert held.act("transfer", {"to": "P0002", "reason": "closed"}).status_code == 202
    [asked] = api.get(elm, "/transfers").json()["transfers"]
    assert (asked["from"], [i["line"] for i in asked["items"]]) == ("P0001", [1])
    assert api.get(oak, "/transfers").json() == {"transfers": []}
    taken = api.post(elm, f"/transfers/{asked['transfer_id']}/accept", {}, key="t1")
    assert taken.status_code == 201, taken.content
    assert taken["Location"].startswith("/api/v1/claims/")
    assert api.post(elm, f"/transfers/{asked['transfer_id']}/accept", {}, key="t1").content == taken.content
    held_lines = Claim.objects.filter(state="open").values_list("order__lines__line", "dispenser_id")
    assert sorted(held_lines) == [(1, "P0002"), (2, "P0002")]
    assert slug(held.act("heartbeat")) == "lease-lost"


def test_a_transfer_is_declined_over_http(api, oak, elm, held, nominated):
    said = held.act("transfer", {"to": "P0002", "reason": "closed"})
    assert (said.status_code, said.json()["state"]) == (202, "pending")
    path = f"/transfers/{said.json()['transfer_id']}"
    assert slug(api.post(oak, f"{path}/decline", {"reason": "closed"})) == "not-found"
    no = api.post(elm, f"{path}/decline", {"reason": "not_stocked"})
    assert (no.status_code, no.json()["state"]) == (200, "declined")
    assert slug(held.act("transfer/withdraw")) == "transfer-ended"
    assert held.give().status_code == 201


def test_the_whole_road_with_every_act(held, nominated):
    beat = held.act("heartbeat").json()
    assert beat["lease_until"] < beat["cap"]
    assert held.act("start").json()["state"] == "preparing"
    review = held.act("review", {"pharmacist": "YS1", "verdict": "queried", "reason": "dose"})
    assert (review.status_code, review.json()["may_hand_over"]) == (201, False)
    assert held.act("review", {"pharmacist": "YS1", "verdict": "agreed"}).json()["may_hand_over"]
    ready = held.act("ready").json()
    assert (ready["state"], ready["collect_by"] > timezone.now().isoformat()) == ("ready", True)
    assert held.give().json()["state"] == "completed"


def test_returning_lines_over_http(api, north, oak, elm):
    order = road.routed(north, at=timezone.now(), routing=acts.BOTH, items=acts.items(28, 14))
    held = Holding(api, oak, api.claim(oak, order))
    said = held.act("return", {"reason": "out_of_stock", "lines": [2]}).json()
    assert (said["state"], said["kept"]) == ("open", str(order.pk))
    [offer] = api.get(elm, "/offers").json()["offers"]
    assert (offer["order"], [i["line"] for i in offer["items"]]) == (said["order"], [2])
    assert [line["line"] for line in api.get(oak, held.path).json()["order"]["lines"]] == [1]


def test_the_placer_reads_the_code_while_any_part_waits(api, north, oak, elm):
    order = road.routed(north, at=timezone.now(), routing=acts.BOTH, items=acts.items(28, 14))
    held = Holding(api, oak, api.claim(oak, order))
    part = held.act("split", {"lines": [2], "reason": "out_of_stock"}).json()["part"]
    second = Holding(api, elm, api.post(elm, "/claims", {"order": part}))
    assert second.give().status_code == 201
    said = api.get(north, f"/prescriptions/{order.prescription_id}/pickup").json()
    assert (said["order"], said["code"]) == (str(order.pk), road.code_of(order))
    assert held.give().status_code == 201
    assert api.get(north, f"/prescriptions/{order.prescription_id}/pickup").status_code == 409


def test_the_remainder_over_http(api, north, oak, elm):
    order = road.routed(north, at=timezone.now(), routing=acts.BOTH, items=acts.items(28))
    held = Holding(api, oak, api.claim(oak, order))
    assert held.give(lines=[{"line": 1, "quantity": "10"}]).json()["state"] == "partly_supplied"
    said = held.act("release-remainder", {"reason": "out_of_stock"}).json()
    assert (said["state"], said["part_state"]) == ("completed", "offered")
    [offer] = api.get(elm, "/offers").json()["offers"]
    assert (offer["order"], offer["items"][0]["quantity"]["value"]) == (said["part"], 18)


def test_claim_refusals_name_the_date(api, oak, elm, pooled):
    code = road.code_of(pooled)
    later = timezone.now() + timedelta(days=90)
    Order.objects.filter(pk=pooled.pk).update(state="scheduled", opens_at=later)
    early = api.by_code(elm, pooled, code)
    assert (early.status_code, slug(early), early.json()["valid_from"]) == (
        409,
        "not-yet-valid",
        later.isoformat(),
    )
    Order.objects.filter(pk=pooled.pk).update(state="open", opens_at=later)
    Order.objects.filter(pk=pooled.pk).update(expires_at=timezone.now())
    over = api.by_code(elm, pooled, code)
    assert (slug(over), bool(over.json()["at"])) == ("prescription-expired", True)
    Order.objects.filter(pk=pooled.pk).update(state="not_supplied")
    gone = api.by_code(elm, pooled, code)
    assert (gone.status_code, slug(gone), gone.json()["state"]) == (410, "gone", "not_supplied")


def test_on_hold_says_since_when(api, north, elm, pooled):
    from rxcenter.prescriptions.lifecycle import Step, move

    move(Step(pooled.prescription_id, "held", "clinical"), by=road.placer(north), at=timezone.now())
    refused = api.by_code(elm, pooled, road.code_of(pooled))
    assert (refused.status_code, slug(refused), bool(refused.json()["since"])) == (409, "on-hold", True)


def test_the_examples_of_the_openapi_document_have_the_right_shape():
    from rxcenter.api import claim_acts_shapes as shapes

    shaped = [
        (shapes.DispatchRequest, shapes.DISPATCH_EXAMPLES),
        (shapes.DeliveryFailed, shapes.FAILED_EXAMPLES),
        (shapes.SplitRequest, shapes.SPLIT_EXAMPLES),
        (shapes.RemainderRequest, shapes.REMAINDER_EXAMPLES),
        (shapes.ReviewRequest, shapes.REVIEW_EXAMPLES),
        (shapes.RecoverRequest, shapes.RECOVER_EXAMPLES),
        (shapes.BulkRequest, shapes.BULK_EXAMPLES),
        (shapes.TransferRequest, shapes.TRANSFER_EXAMPLES),
    ]
    for shape, examples in shaped:
        for example in examples:
            assert shape(data=example.value).is_valid(raise_exception=True)
