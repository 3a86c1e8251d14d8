"""The conformance scenarios of claiming over HTTP: S01 to S06, S08, S11, S30."""

import pytest
from django.db import transaction
from django.utils import timezone

from routing.models import Claim, DispenseDraft, Dispenser, Offer, WrongCode
from rxcenter.ledger.models import Event
from tests.routing import road
from tests.routing.acts import Holding, handover, slug

pytestmark = pytest.mark.django_db


def test_S01_the_second_pharmacy_is_refused_and_the_first_still_dispenses(api, oak, elm, pooled):
    code = road.code_of(pooled)
    first = Holding(api, oak, api.by_code(oak, pooled, code))
    second = api.by_code(elm, pooled, code)
    assert (second.status_code, slug(second)) == (409, "with-another-dispenser")
    holder = second.json()["holder"]
    assert (holder["name"], holder["phone"]) == ("橡树药房", "0951-1234567")
    assert "李秀英" not in second.content.decode()
    assert first.give(code=code, override=None, checked_by=None).status_code == 201


def test_S02_the_same_pharmacy_claims_twice(api, oak, nominated):
    first = api.claim(oak, nominated, key="k1")
    second = api.claim(oak, nominated, key="k2")
    assert (second.status_code, slug(second)) == (409, "already-held-by-you")
    assert second.json()["claim_url"] == first["Location"]
    assert api.claim(oak, nominated, key="k1").content == first.content
    assert Holding(api, oak, first).give().status_code == 201


def test_S03_a_lost_answer_is_recoverable_by_the_same_organisation_only(api, oak, elm, nominated):
    lost = api.claim(oak, nominated).json()
    proof = {"prescription_no": nominated.prescription.number, "code": road.code_of(nominated)}
    found = api.post(oak, "/claims/recover", proof)
    assert (found.status_code, found.json()) == (200, lost)
    other = api.post(elm, "/claims/recover", proof)
    assert (other.status_code, slug(other)) == (412, "not-holder")
    assert "李秀英" not in other.content.decode()
    done = api.post(
        oak, f"/claims/{found.json()['claim_id']}/dispenses", handover(), token=found.json()["claim_token"]
    )
    assert done.status_code == 201


def test_S03_recovery_counts_wrong_codes_like_a_claim(api, oak, elm, nominated):
    code = road.code_of(nominated)
    api.claim(oak, nominated)
    proof = {"prescription_no": nominated.prescription.number, "code": road.wrong(code)}
    assert [api.post(elm, "/claims/recover", proof).status_code for _ in range(6)] == [403] * 5 + [423]
    assert api.post(elm, "/claims/recover", {**proof, "code": code}).status_code == 423
    assert api.post(oak, "/claims/recover", {**proof, "code": code}).status_code == 200


def test_S03_nothing_is_recovered_after_the_end(api, oak, held, nominated):
    assert held.act("return", {"reason": "closed"}).status_code == 200
    proof = {"prescription_no": nominated.prescription.number, "code": road.code_of(nominated)}
    assert slug(api.post(oak, "/claims/recover", proof)) == "not-holder"


def test_S05_a_return_makes_it_claimable_and_only_then(api, oak, elm, held, nominated):
    draft = {"lines": [{"line": 1, "quantity": "7"}]}
    assert held.act("draft", draft).status_code in (200, 201)
    assert slug(api.claim(elm, nominated)) == "not-found"
    assert held.act("return", {"reason": "out_of_stock"}).status_code == 200
    assert not DispenseDraft.objects.exists()
    late = held.give()
    assert (late.status_code, slug(late)) == (409, "lease-lost")
    assert api.claim(elm, nominated).status_code == 201


def test_S06_invariant_21_twenty_times_claim_and_return_leave_it_cancellable(api, north, oak, pooled):
    code = road.code_of(pooled)
    for _ in range(20):
        held = Holding(api, oak, api.by_code(oak, pooled, code))
        assert road.state(pooled) == "claimed"
        assert held.act("return", {"reason": "patient_delayed"}).status_code == 200
        assert road.state(pooled) == "open"
    cancelled = api.post(north, f"/prescriptions/{pooled.prescription_id}/cancel", {"reason": "clinical"})
    assert cancelled.status_code == 200, cancelled.content
    assert (road.state(pooled), road.prescription_state(pooled)) == ("cancelled", "cancelled")


def test_S08_too_many_bad_proofs_block_one_pharmacy_for_today(api, oak, elm, pooled, settings):
    settings.PROOFS_PER_DAY = 3
    tries = [
        api.post(elm, "/claims", {"prescription_no": f"NO-{n}", "code": "123456789"}).status_code
        for n in range(4)
    ]
    assert tries == [403, 403, 403, 423]
    blocked = api.by_code(elm, pooled, road.code_of(pooled))
    assert (blocked.status_code, slug(blocked)) == (423, "locked-out")
    assert blocked.json()["until"]
    assert api.by_code(oak, pooled, road.code_of(pooled)).status_code == 201
    assert WrongCode.objects.get(key="dispenser:P0002").count == 3


@pytest.mark.parametrize("count", [25, 26])
def test_S11_bulk_pull(api, north, oak, elm, count):
    now = timezone.now()
    orders = [road.routed(north, at=now, routing=road.TO_OAK) for _ in range(count)]
    first = api.post(oak, "/claims/bulk", {"limit": 25}, key="b1")
    assert first.status_code == 200, first.content
    said = first.json()
    assert (len(said["claims"]), said["refused"], said["no_more"]) == (25, [], count == 25)
    assert [c["order"]["id"] for c in said["claims"]] == [str(o.pk) for o in orders[:25]]
    assert all(c["claim_token"] and c["prescription"] for c in said["claims"])
    assert api.post(oak, "/claims/bulk", {"limit": 25}, key="b1").content == first.content
    rest = api.post(oak, "/claims/bulk", {}).json()
    assert (len(rest["claims"]), rest["no_more"]) == (count - 25, True)
    assert api.post(oak, "/claims/bulk", {}).json() == {"claims": [], "refused": [], "no_more": True}
    assert api.post(elm, "/claims/bulk", {}).json()["claims"] == []
    assert Claim.objects.filter(state="open").count() == count


def test_S11_one_that_fails_does_not_spoil_the_others(api, north, oak):
    now = timezone.now()
    orders = [road.routed(north, at=now, routing=road.TO_OAK) for _ in range(3)]
    row = orders[1].prescription
    row.document["items"][0]["quantity"]["value"] = 70
    row.save(update_fields=["document"])
    said = api.post(oak, "/claims/bulk", {}, key="b1").json()
    assert [c["order"]["id"] for c in said["claims"]] == [str(orders[0].pk), str(orders[2].pk)]
    [refused] = said["refused"]
    assert (refused["order"], refused["problem"]["type"]) == (
        str(orders[1].pk),
        "/problems/signature-invalid",
    )
    assert road.state(orders[1]) == "unroutable"
    assert api.post(oak, "/claims/bulk", {}, key="b1").json() == said


def test_S11_a_refusal_stands_beside_the_claims_and_is_replayed_with_them(api, north, oak):
    Dispenser.objects.filter(pk="P0001").update(licences=["cold_chain"])
    now = timezone.now()
    orders = [road.routed(north, groups, at=now, routing=road.TO_OAK) for groups in ((), ("cold_chain",), ())]
    Dispenser.objects.filter(pk="P0001").update(licences=[])
    first = api.post(oak, "/claims/bulk", {}, key="b1")
    said = first.json()
    assert [c["order"]["id"] for c in said["claims"]] == [str(orders[0].pk), str(orders[2].pk)]
    [refused] = said["refused"]
    assert (refused["order"], refused["problem"]["reasons"]) == (str(orders[1].pk), ["no_licence:cold_chain"])
    assert road.state(orders[1]) == "offered"
    assert api.post(oak, "/claims/bulk", {}, key="b1").content == first.content


def test_S11_each_is_claimed_for_itself(api, north, oak, monkeypatch):
    """The connection breaks in the middle: what was claimed is kept, and the retry goes on with the rest."""
    from rxcenter.api import claims_again

    now = timezone.now()
    for _ in range(3):
        road.routed(north, at=now, routing=road.TO_OAK)
    real, seen = claims_again.claim_or_quarantine, []

    def broken(order, **more):
        seen.append(order)
        if len(seen) == 2:
            raise transaction.TransactionManagementError("the power is gone")
        return real(order, **more)

    monkeypatch.setattr(claims_again, "claim_or_quarantine", broken)
    assert api.post(oak, "/claims/bulk", {}, key="b1").status_code == 500
    assert Claim.objects.count() == 1
    again = api.post(oak, "/claims/bulk", {}, key="b1").json()
    assert (len(again["claims"]), again["refused"], Claim.objects.count()) == (3, [], 3)


@pytest.mark.parametrize("limit", [0, 26, "x"])
def test_S11_bounds(api, oak, limit):
    assert slug(api.post(oak, "/claims/bulk", {"limit": limit})) == "invalid"


def test_S30_the_next_ranked_gets_it_and_the_old_token_gets_lease_lost(api, oak, elm, nominated):
    held = Holding(api, oak, api.claim(oak, nominated))
    claim = Claim.objects.get()
    road.lapse(type("Made", (), {"claim": claim}), claim.lease_until)
    assert Offer.objects.get(order=nominated, state="pending").dispenser_id == "P0002"
    late = held.act("heartbeat")
    assert (late.status_code, slug(late), late.json()["cause"]) == (409, "lease-lost", "lapsed")
    feed = Event.objects.filter(stream="P0001", type="order.lapsed")
    assert feed.count() == 1
    assert api.claim(elm, nominated).status_code == 201
