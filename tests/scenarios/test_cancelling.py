"""S-13 to S-16: a cancel wins or says so, and always ends."""

from collections import Counter

import pytest

from tests.scenarios.papers import POOL
from tests.scenarios.town import Patient, ok, slug, together

MINE, OTHERS = "P0001", "P0002"


def by_number(town, number, **more):
    body = {"number": number, "code": "prescribing_error", "reason": "…", **more}
    return town.post("H0001", "/prescriptions/cancel", body)


def test_S13_before_the_claim_it_ends_at_once(town, patient):
    rx = town.prescribe(routing=POOL)
    code = rx.code()
    patient.known(rx)
    said = rx.cancel(code="clinical_change")
    assert ok(said)["outcome"] == "cancelled"
    assert rx.state() == ("cancelled", "cancelled")
    refused = rx.claim(MINE, code=code)
    assert slug(refused) == "409 prescription-cancelled"
    assert refused.json()["at"]
    ends = [e for e in town.events("H0001", rx.pk) if e["type"].endswith("cancelled")]
    assert [(e["type"], e["body"]["reason"]) for e in ends] == [
        ("order.cancelled", "clinical_change"),
        ("prescription.cancelled", "clinical_change"),
    ]
    assert "Nothing to collect" in patient.read()


def test_S14_after_the_claim_it_is_pending_for_all_to_see(town, patient):
    rx = town.prescribe()
    held = rx.held(MINE)
    patient.known(rx)
    said = ok(rx.cancel(), 202)
    assert (said["outcome"], said["state"]) == ("cancel_requested", "approved")
    assert said["decide_by"]
    assert said["holders"][0]["phone"] == "0951-1234567"
    assert "wants to take this prescription back" in patient.read()
    for act in (held.give(), held.act("start"), held.act("ready"), held.act("split", split())):
        assert slug(act) == "409 cancel-pending"
        assert act.json()["decide_by"]
    assert "order.cancel_requested" in town.types(MINE, rx)
    assert ok(held.act("cancel-decision", {"decision": "accept"}))["outcome"] == "cancelled"
    assert rx.state() == ("cancelled", "cancelled")
    assert town.types("H0001", rx)[-1] == "prescription.cancelled"
    assert ok(rx.cancel())["outcome"] == "cancelled"  # asking again is asking once


def split():
    return {"lines": [1], "reason": "closed"}


def test_S14_refused_with_the_hand_over_that_came_first_the_claim_still_works(town):
    rx = town.prescribe()
    held = rx.held(MINE)
    before = held.handover({"line": 1, "quantity": "3", "owed": True})
    ok(rx.cancel(), 202)
    late = {**before, "handed_over_at": (town.now().replace(year=2099)).isoformat()}
    assert held.act("cancel-decision", {"decision": "refuse", "dispense": late}).status_code == 422
    assert rx.state() == ("approved", "claimed")
    said = ok(held.act("cancel-decision", {"decision": "refuse", "dispense": before}))
    assert (said["outcome"], said["state"]) == ("refused", "partly_supplied")
    assert "order.cancel_refused" in town.types("H0001", rx)
    assert ok(held.give(), 201)["state"] == "completed"
    assert rx.state() == ("completed", "completed")


@pytest.mark.parametrize("how", ["return", "not-supplied", "lapse", "no answer"])
def test_S15_however_the_holder_lets_go_it_is_cancelled_and_offered_to_nobody(town, how):
    rx = town.prescribe()
    held = rx.held(MINE)
    if how == "no answer":
        ok(held.act("ready"))
    ok(rx.cancel(), 202)
    if how == "return":
        ok(held.act("return", {"reason": "patient_delayed"}))
    elif how == "not-supplied":
        ok(held.act("not-supplied", {"reason": "patient_refused"}))
    elif how == "lapse":
        town.later(minutes=31)
    else:
        town.later(hours=3)
        assert "order.cancel_overdue" in town.types("H0001", rx)
        assert rx.state() == ("approved", "ready")
        town.later(hours=22)
    assert rx.state() == ("cancelled", "cancelled")
    assert town.offers(OTHERS) == town.offers(MINE) == []
    assert town.types(OTHERS, rx) == []
    assert town.types("H0001", rx)[-1] == "prescription.cancelled"
    assert slug(held.give()) == "409 lease-lost"


def test_S16_who_may_cancel(town, patient):
    rx = town.prescribe(routing=POOL)
    code = rx.code()
    patient.known(rx)
    held = rx.held(MINE, code=code)
    refused = patient.post("cancel")
    assert (refused.status_code, "橡树药房" in refused.text) == (403, True)
    assert rx.cancel(who=OTHERS).status_code == 403
    accept = {"decision": "accept"}
    assert held.act("cancel-decision", accept, who=OTHERS).status_code == 404
    assert slug(held.act("cancel-decision", accept)) == "409 nothing-to-decide"
    assert rx.state() == ("approved", "claimed")
    stranger = Patient(town)
    assert stranger.enter(rx.number, rx.wrong_code()).status_code == 403
    assert stranger.enter("NO-SUCH", code).status_code == 403
    assert stranger.enter(rx.number, code).ok  # a representative brings the code …
    stranger.post("cancel")  # … and without the second factor changes nothing
    ok(held.act("return", {"reason": "patient_request"}))
    assert rx.state() == ("approved", "open")
    assert patient.post("cancel").ok
    assert rx.state() == ("cancelled", "cancelled")
    assert slug(rx.cancel()) == "409 already-cancelled"
    assert slug(rx.claim(MINE, code=code)) == "409 prescription-cancelled"


def test_S20_the_cancel_overtakes_the_submit(town):
    paper = town.paper()
    asked = [by_number(town, paper["number"]) for _ in range(2)]
    assert [(ok(a, 202)["id"], a.json()["outcome"]) for a in asked] == [(None, "cancel_requested")] * 2
    pk = ok(town.post("H0001", "/prescriptions", paper), 201)["id"]
    town.clock.work()
    read = ok(town.get("H0001", f"/prescriptions/{pk}"))
    assert (read["state"], read["orders"]) == ("cancelled", [])
    types = [e["type"] for e in town.events("H0001", pk)]
    assert types.count("prescription.cancelled") == 1
    assert not [t for t in types if t.startswith("order.")]


def test_S20_between_submit_and_audit_and_after_use(town):
    paper = town.paper()
    pk = ok(town.post("H0001", "/prescriptions", paper), 201)["id"]
    assert ok(by_number(town, paper["number"]))["state"] == "cancelled"
    town.clock.work()
    assert ok(town.get("H0001", f"/prescriptions/{pk}"))["orders"] == []
    rx = town.prescribe()
    held = rx.held(MINE)
    done = ok(held.give(local_id="D-1"), 201)
    for refused in (rx.cancel(), by_number(town, rx.number)):
        assert slug(refused) == "409 already-dispensed"
        assert (refused.json()["dispense_id"], refused.json()["local_id"]) == (done["dispense_id"], "D-1")
    assert rx.state() == ("completed", "completed")


@pytest.mark.parametrize("_round", range(3))
def test_S20_submit_and_cancel_at_once_never_route(town, _round):
    paper = town.paper()
    posted, cancelled = together(
        [
            lambda: town.post("H0001", "/prescriptions", paper),
            lambda: by_number(town, paper["number"]),
        ]
    )
    assert (posted.status_code, cancelled.status_code in (200, 202)) == (201, True), cancelled.text
    town.clock.work()
    read = ok(town.get("H0001", f"/prescriptions/{posted.json()['id']}"))
    assert (read["state"], read["orders"]) == ("cancelled", [])


@pytest.mark.parametrize("_round", range(3))
def test_S14_claim_and_cancel_at_once(town, _round):
    rx = town.prescribe()
    order = rx.order()
    claimed, cancelled = together([lambda: town.post(MINE, "/claims", {"order": order}), rx.cancel])
    ended = Counter([claimed.status_code, cancelled.status_code])
    assert ended in (Counter([201, 202]), Counter([409, 200])), (claimed.text, cancelled.text)
    if claimed.status_code == 201:
        town.later(hours=1)  # nobody answers and nobody beats: the lease runs out
    assert rx.state() == ("cancelled", "cancelled")
