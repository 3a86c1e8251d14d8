"""S-09 to S-12: when it can be claimed, repeats, many at once, and who can be asked."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from routing.models import Dispenser
from tests.people import place
from tests.routing import road
from tests.scenarios.papers import LONG, POOL, TO_OAK, tablets, windows
from tests.scenarios.town import Held, ok, slug

MINE, OTHERS = "P0001", "P0002"


def repeat(town, *starts, **more):
    return {"repeat": {"total": len(starts), "issues": windows(town.today(), *starts, **more)}, **LONG}


def code_of_issue(town, rx, issue):
    return ok(town.get("H0001", f"/prescriptions/{rx.pk}/pickup?issue={issue}"))["code"]


def test_S09_not_before_the_window(town, patient):
    rx = town.prescribe(tablets(1, 28), routing=POOL, **repeat(town, 0, 30))
    code = code_of_issue(town, rx, 2)
    refused = rx.claim(MINE, code=code)
    assert slug(refused) == "409 not-yet-valid"
    opens = timezone.localtime(datetime.fromisoformat(refused.json()["valid_from"]))
    assert (opens.date(), opens.hour) == (town.today() + timedelta(days=30), 0)
    patient.enter(rx.number, code)
    page = patient.read()
    assert "Can be collected from" in page
    assert code[:3] in page
    town.later(days=30)
    assert Held(town, MINE, ok(rx.claim(MINE, code=code), 201)).said["order"]["lines"][0]["remaining"] == "14"


def test_S09_not_after_expiry(town):
    rx = town.prescribe(routing=POOL)
    code, ends = rx.code(), rx.read()["orders"][0]["expires_at"]
    town.clock.ahead += timedelta(days=3)  # no timer has run yet
    refused = rx.claim(MINE, code=code)
    assert slug(refused) == "409 prescription-expired"
    assert refused.json()["at"][:19] == ends[:19]
    town.later(seconds=1)
    assert rx.state() == ("expired", "expired")
    assert slug(rx.claim(MINE, code=code)) == "409 prescription-expired"


def test_S10_one_issue_of_four_is_dispensed_alone(town):
    rx = town.prescribe(tablets(1, 28), **repeat(town, 0, 20, 40, 60))
    assert rx.state() == ("approved", "offered", "scheduled", "scheduled", "scheduled")
    held = rx.held(MINE)
    assert held.said["order"]["lines"][0]["remaining"] == "7"
    ok(held.give(), 201)
    assert rx.state() == ("approved", "completed", "scheduled", "scheduled", "scheduled")


WRONG = {
    "total 1": lambda w: {"total": 1, "issues": w[:1]},
    "total 5": lambda w: {"total": 5, "issues": w},
    "total 0": lambda w: {"total": 0, "issues": []},
    "part 5 of 4": lambda w: {"total": 4, "issues": [*w[:3], {**w[3], "issue": 5}]},
    "part 4 of 3": lambda w: {"total": 3, "issues": [*w[:2], {**w[2], "issue": 4}]},
    "part 0": lambda w: {"total": 2, "issues": [{**w[0], "issue": 0}, w[1]]},
    "no start": lambda w: {"total": 2, "issues": [{"issue": 1, "end": w[0]["end"]}, w[1]]},
    "end before start": lambda w: {"total": 2, "issues": [{**w[0], "end": "2020-01-01"}, w[1]]},
}


@pytest.mark.parametrize("what", WRONG)
def test_S10_what_is_no_repeat_is_refused(town, what):
    said = WRONG[what](windows(town.today(), 0, 20, 40, 60, 80))
    refused = town.post("H0001", "/prescriptions", town.paper(tablets(1, 28), **{**LONG, "repeat": said}))
    assert refused.status_code == 422
    assert all(p["path"].startswith("$.repeat") for p in refused.json()["problems"]), refused.text


def test_S11_bulk_pull_takes_twenty_five_and_then_the_rest(town):
    papers = [town.paper(routing=TO_OAK) for _ in range(26)]
    assert all(r["status"] == 201 for r in ok(town.post("H0001", "/prescriptions", papers))["results"])
    town.clock.work()
    said = ok(town.post(MINE, "/claims/bulk"))
    assert (len(said["claims"]), said["refused"], said["no_more"]) == (25, [], False)
    rest = ok(town.post(MINE, "/claims/bulk"))
    assert (len(rest["claims"]), rest["no_more"]) == (1, True)
    none = ok(town.post(MINE, "/claims/bulk"))
    assert (none["claims"], none["refused"], none["no_more"]) == ([], [], True)
    assert ok(town.post(OTHERS, "/claims/bulk"))["claims"] == []
    numbers = {c["prescription"]["number"] for c in said["claims"] + rest["claims"]}
    assert numbers == {p["number"] for p in papers}
    assert ok(Held(town, MINE, said["claims"][24]).give(), 201)["state"] == "completed"


def nominate(town, rx, *codes, who="H0001"):
    return town.send("PUT", who, f"/prescriptions/{rx.pk}/nomination", {"nominated": list(codes)})


def test_S12_only_who_can_be_reached_is_asked(town):
    closed = place("P0009", "关门药房", "pharmacy", "pharmacy")
    road.dispenser(closed, active=False)
    rx = town.prescribe(routing=POOL)
    for code, reason in [("P0009", "inactive"), ("P9999", "unknown")]:
        refused = nominate(town, rx, MINE, code)
        assert slug(refused) == "422 target-unreachable"
        assert (refused.json()["target"], refused.json()["reasons"]) == (code, [reason])
        assert rx.state() == ("approved", "open")
    assert ok(nominate(town, rx, OTHERS))["state"] == "offered"
    assert [o["prescription_no"] for o in town.offers(OTHERS)] == [rx.number]


def test_S12_not_before_approval_nor_while_held_nor_after_the_end(town):
    unknown = {**tablets(1), "drug": {"name": "不存在的药"}}
    waits = town.prescribe(unknown)
    assert waits.state() == ("in_review",)
    assert nominate(town, waits, MINE).status_code == 404  # no order exists for what is not approved
    rx = town.prescribe()
    held = rx.held(MINE)
    refused = nominate(town, rx, OTHERS)
    assert (slug(refused), refused.json()["holder"]["code"]) == ("409 claimed", MINE)
    assert nominate(town, rx, MINE, who=OTHERS).status_code == 403
    ok(held.act("return", {"reason": "closed"}))
    ok(rx.cancel())
    assert slug(nominate(town, rx, MINE)) == "409 prescription-cancelled"


def test_S12_a_closed_pharmacy_is_passed_over_and_the_placer_reads_why(town):
    Dispenser.objects.filter(pk=MINE).update(active=False)
    rx = town.prescribe()
    [order] = rx.read()["orders"]
    assert (order["state"], order["why_not"]) == ("offered", {MINE: ["inactive"]})
    assert [o["prescription_no"] for o in town.offers(OTHERS)] == [rx.number]
    Dispenser.objects.filter(pk=OTHERS).update(active=False)
    nobody = town.prescribe()
    assert nobody.state() == ("approved", "unroutable")
    assert "order.unroutable" in town.types("H0001", nobody)
