"""S-01 to S-08: who gets it, and who does not."""

from collections import Counter

from tests.people import place
from tests.routing import road
from tests.scenarios.papers import POOL, TO_OAK
from tests.scenarios.town import Held, ok, slug, together

MINE, OTHERS = "P0001", "P0002"


def test_S01_the_second_pharmacy_is_refused_by_name_and_the_first_still_dispenses(town):
    rx = town.prescribe(routing=POOL)
    code = rx.code()
    held = rx.held(MINE, code=code)
    refused = rx.claim(OTHERS, code=code)
    assert slug(refused) == "409 with-another-dispenser"
    holder = refused.json()["holder"]
    assert (holder["name"], holder["phone"]) == ("橡树药房", "0951-1234567")
    assert ok(held.give(code=code), 201)["state"] == "completed"
    assert rx.state() == ("completed", "completed")


def test_S02_claiming_twice_is_told_apart_from_retrying(town):
    rx = town.prescribe()
    first = rx.claim(MINE, key="K")
    held = Held(town, MINE, ok(first, 201))
    again = rx.claim(MINE)
    assert slug(again) == "409 already-held-by-you"
    assert again.json()["claim_url"].endswith(held.path)
    retried = rx.claim(MINE, key="K")
    assert (retried.status_code, retried.content) == (201, first.content)
    assert ok(held.give(), 201)["state"] == "completed"


def test_S03_a_lost_claim_is_recovered_by_its_holder_only(town):
    rx = town.prescribe(routing=POOL)
    code = rx.code()
    lost = ok(rx.claim(MINE, code=code), 201)
    proof = {"prescription_no": rx.number, "code": code}
    assert slug(town.post(OTHERS, "/claims/recover", proof)) == "412 not-holder"
    found = Held(town, MINE, ok(town.post(MINE, "/claims/recover", proof)))
    assert (found.said["claim_id"], found.token) == (lost["claim_id"], lost["claim_token"])
    assert ok(town.get(MINE, found.path))["claim_token"] == found.token
    assert ok(found.give(code=code), 201)["state"] == "completed"


def test_S04_fifty_claims_of_ten_pharmacies_have_one_winner(town):
    more = [place(f"P1{n:03d}", f"药房{n}", "pharmacy", "pharmacy") for n in range(10)]
    for one in more:
        road.dispenser(one, in_pool=True)
        town.places[one.code] = one
    rx = town.prescribe(routing=POOL)
    code = rx.code()
    who = [p.code for p in more for _ in range(5)]
    answers = together([lambda w=w: rx.claim(w, code=code) for w in who])
    assert Counter(a.status_code for a in answers) == {201: 1, 409: 49}, [a.text for a in answers][:3]
    [winner] = [a.json() for a in answers if a.status_code == 201]
    [holder] = [w for w, a in zip(who, answers, strict=True) if a.status_code == 201]
    assert [order["holder"] for order in rx.read()["orders"]] == [holder]
    assert town.types("H0001", rx).count("order.claimed") == 1
    assert ok(Held(town, holder, winner).give(code=code), 201)["state"] == "completed"


def test_S05_a_return_makes_it_claimable_and_only_then(town):
    rx = town.prescribe()
    held = rx.held(MINE)
    ok(held.act("draft", {"lines": [{"line": 1, "quantity": "3"}]}))
    assert rx.claim(OTHERS).status_code == 404  # not asked yet: it does not exist for it
    assert ok(held.act("return", {"reason": "out_of_stock"}))["state"] == "returned"
    assert slug(held.give()) == "409 lease-lost"
    read = ok(town.get(MINE, held.path))
    assert (read["state"], read["claim_token"], read["prescription"]) == ("returned", None, None)
    next_one = rx.held(OTHERS)
    assert next_one.said["order"]["lines"][0]["status"] == "open"
    assert ok(next_one.give(), 201)["state"] == "completed"


def test_S06_twenty_times_claim_and_return_and_the_patient_can_still_end_it(town, patient):
    rx = town.prescribe(routing=POOL)
    code = rx.code()
    patient.known(rx)
    for _ in range(20):
        held = rx.held(MINE, code=code)
        assert "橡树药房" in patient.read()
        ok(held.act("return", {"reason": "patient_delayed"}))
        page = patient.read()
        assert "橡树药房" not in page
        assert code[:3] in page
    assert patient.post("cancel").ok
    assert rx.state() == ("cancelled", "cancelled")
    assert slug(rx.claim(MINE, code=code)) == "409 prescription-cancelled"


def test_S07_a_wrong_token_changes_nothing(town):
    rx = town.prescribe()
    held = rx.held(MINE)
    other = town.prescribe().held(MINE).token
    tries = [
        held.act("dispenses", held.handover(), token=other),
        held.act("cancel-decision", {"decision": "accept"}, token=other),
        held.act("return", {"reason": "closed"}, token=other),
        held.act("start", token="x" * 43),
    ]
    assert {slug(a) for a in tries} == {"403 wrong-claim-token"}
    assert rx.state() == ("approved", "claimed")
    assert ok(held.give(), 201)["state"] == "completed"


def test_S07_the_sixth_wrong_code_is_locked_and_the_state_stays(town):
    rx = town.prescribe(routing=TO_OAK)
    held, wrong, right = rx.held(MINE), rx.wrong_code(), rx.code()
    tries = [slug(held.give(code=wrong)) for _ in range(6)]
    assert tries == ["403 wrong-code"] * 5 + ["423 locked-out"]
    assert slug(held.give(code=right)) == "423 locked-out"
    assert rx.state() == ("approved", "claimed")
    assert ok(held.give(), 201)["state"] == "completed"  # an identity document was checked instead


def test_S08_too_many_bad_proofs_block_one_pharmacy_for_today(town, settings):
    settings.PROOFS_PER_DAY = 3
    rx = town.prescribe(routing=POOL)
    code = rx.code()
    guesses = [{"prescription_no": f"NO-{n}", "code": "123456782"} for n in range(4)]
    tries = [slug(town.post(OTHERS, "/claims", guess)) for guess in guesses]
    assert tries == ["403 wrong-code"] * 3 + ["423 locked-out"]
    assert slug(rx.claim(OTHERS, code=code)) == "423 locked-out"
    rx.held(MINE, code=code)
    town.later(hours=25)  # another day; the lease of the first has run out meanwhile
    rx.held(OTHERS, code=code)
