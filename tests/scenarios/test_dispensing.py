"""S-17 to S-19 and S-21 to S-23: what is handed over is recorded once, and never more than was prescribed."""

from tests.notify.conftest import relay_and_worker
from tests.notify.receiving import receiving
from tests.scenarios.papers import LONG, TO_OAK, inhaler, statin, tablets
from tests.scenarios.town import ok, slug

MINE, OTHERS = "P0001", "P0002"


def part(line, quantity, **more):
    return {"line": line, "quantity": str(quantity), **more}


def statuses(answer):
    return {row["line"]: (row["status"], row["remaining"]) for row in answer["remaining"]}


def order_lines(town, held):
    return {row["line"]: row["status"] for row in ok(town.get(held.who, held.path))["order"]["lines"]}


def test_S17_no_second_dispense(town):
    rx = town.prescribe()
    held = rx.held(MINE)
    done = ok(held.give(local_id="D-1"), 201)
    before = town.types("H0001", rx)
    for local_id in ("D-1", "D-2"):
        refused = held.give(local_id=local_id)
        assert slug(refused) == "409 already-dispensed"
        assert refused.json()["dispense_id"] == done["dispense_id"]
    assert town.types("H0001", rx) == before
    assert before.count("order.dispensed") == 1


def test_S17_a_retry_with_its_key_gets_the_same_receipt(town):
    held = town.prescribe().held(MINE)
    body = held.handover()
    first, again = (
        town.post(MINE, f"{held.path}/dispenses", body, key="K", token=held.token) for _ in range(2)
    )
    assert (first.status_code, again.content) == (201, first.content)
    other = town.post(MINE, f"{held.path}/dispenses", held.handover(), key="K", token=held.token)
    assert slug(other) == "422 idempotency-key-reused"


def test_S18_one_line_in_three_packs_and_no_fourth(town):
    rx = town.prescribe(tablets(1, 50), **LONG)
    held = rx.held(MINE)
    packs = [part(1, q, batch=f"B{q}{n}") for n, q in enumerate((10, 20, 20))]
    refused = held.give(*packs, part(1, 1))
    assert slug(refused) == "422 over-supply"
    assert refused.json()["remaining"].startswith("0")
    assert rx.state() == ("approved", "claimed")
    done = ok(held.give(*packs), 201)
    assert [(row["quantity"], row["batch"]) for row in done["lines"]] == [
        ("10", "B100"),
        ("20", "B201"),
        ("20", "B202"),
    ]
    assert (done["state"], statuses(done)) == ("completed", {1: ("dispensed", "0")})
    assert town.types("H0001", rx).count("order.dispensed") == 1


def test_S19_partial_and_then_the_rest_over_three_visits(town, patient):
    rx = town.prescribe(tablets(1, 28), inhaler(2), **LONG)
    held = rx.held(MINE)
    patient.known(rx)
    first = ok(held.give(part(1, 10, owed=True), part(2, 1)), 201)
    assert (first["state"], statuses(first)) == (
        "partly_supplied",
        {1: ("part_dispensed", "18"), 2: ("dispensed", "0")},
    )
    assert "the rest follows" in patient.read()
    second = ok(held.give(part(1, 8, owed=True)), 201)
    assert (second["state"], statuses(second)[1]) == ("partly_supplied", ("part_dispensed", "10"))
    over = held.give(part(1, 11))
    assert (slug(over), over.json()["remaining"]) == ("422 over-supply", "10 tablet")
    third = ok(held.give(), 201)
    assert (third["state"], statuses(third)[1]) == ("completed", ("dispensed", "0"))
    assert rx.state() == ("completed", "completed")


def test_S19_an_owing_without_quantity_is_recorded_and_the_patient_sees_it(town, patient):
    unwritten = {**statin(2), "quantity": None}
    rx = town.prescribe(tablets(1), unwritten)
    held = rx.held(MINE)
    patient.known(rx)
    first = ok(held.give({"line": 1}, {"line": 2, "owed": True}), 201)
    assert (first["state"], statuses(first)) == (
        "partly_supplied",
        {1: ("dispensed", "0"), 2: ("owed", None)},
    )
    assert "the rest follows" in patient.read()
    assert ok(held.give({"line": 2}), 201)["state"] == "completed"


def test_S21_early_information(town, patient):
    rx = town.prescribe(tablets(1), statin(2))
    patient.known(rx)
    told = {"lines": [part(1, 5)], "expected_at": (town.now()).isoformat()}
    assert town.post(OTHERS, f"/claims/{rx.order()}/draft", told, token="x").status_code == 404
    held = rx.held(MINE)
    ok(held.act("draft", {"lines": [part(1, 5)]}))
    assert "× 5" in patient.read()
    ok(held.act("draft", {"lines": [part(1, 6), part(2, 3)]}))
    page = patient.read()
    assert ("× 5" in page, "× 6" in page, "× 3" in page) == (False, True, True)
    assert slug(held.act("draft", {"lines": [part(1, 8)]})) == "422 over-supply"
    done = ok(held.give(), 201)
    assert [row["quantity"] for row in done["lines"]] == ["7", "7"]
    assert "× 6" not in patient.read()
    assert slug(held.act("draft", {"lines": [part(1, 1)]})) == "409 already-dispensed"


def test_S21_nothing_is_final_without_something_handed_over(town):
    rx = town.prescribe()
    held = rx.held(MINE)
    refused = held.give(part(1, 0))
    assert refused.status_code == 422
    assert rx.state() == ("approved", "claimed")


def test_S21_S05_a_return_erases_it_for_the_patient_and_the_next_holder(town, patient):
    rx = town.prescribe()
    patient.known(rx)
    held = rx.held(MINE)
    ok(held.act("draft", {"lines": [part(1, 5)]}))
    assert "× 5" in patient.read()
    ok(held.act("return", {"reason": "out_of_stock"}))
    assert "× 5" not in patient.read()
    assert order_lines(town, rx.held(OTHERS)) == {1: "open"}
    assert "× 5" not in patient.read()


def test_S22_amend_the_newest_only_and_withdraw_restores(town):
    rx = town.prescribe(tablets(1, 28), **LONG)
    held = rx.held(MINE)
    first = ok(held.give(part(1, 10, owed=True)), 201)["dispense_id"]
    second = ok(held.give(part(1, 10, owed=True)), 201)["dispense_id"]
    refused = amend(town, held, first, part(1, 4, owed=True))
    assert (slug(refused), refused.json()["latest_id"]) == ("409 not-latest-dispense", second)
    amended = ok(amend(town, held, second, part(1, 18)))
    assert (amended["replaces"], amended["state"]) == (second, "completed")
    assert rx.state() == ("completed", "completed")
    newest = amended["dispense_id"]
    assert slug(withdraw(town, held, first)) == "409 not-latest-dispense"
    assert ok(withdraw(town, held, newest))["state"] == "partly_supplied"
    assert rx.state() == ("approved", "partly_supplied")
    again = ok(withdraw(town, held, first))
    assert (again["state"], statuses(again)) == ("preparing", {1: ("open", "28")})
    assert rx.read()["orders"][0]["holder"] == MINE
    types = town.types("H0001", rx)
    assert types.count("order.withdrawn_to_partly") == types.count("order.withdrawn_to_preparing") == 1
    assert ok(held.give(), 201)["state"] == "completed"


def amend(town, held, dispense, *lines):
    return town.post(held.who, f"/dispenses/{dispense}/amend", held.handover(*lines), token=held.token)


def withdraw(town, held, dispense):
    body = {"reason": "wrong_quantity"}
    return town.post(held.who, f"/dispenses/{dispense}/withdraw", body, token=held.token)


def test_S23_not_supplied_reaches_the_prescriber_and_nobody_else_is_asked(town):
    from rxcenter.notify.models import ApprovedNetwork

    ApprovedNetwork.objects.create(
        network="127.0.0.0/8", plain_http=True, reason="tests", approved_by="olga", in_force_from="2026-01-01"
    )
    with receiving() as receiver:
        ok(town.post("H0001", "/webhooks", {"url": receiver.url}), 201)
        rx = town.prescribe()
        held = rx.held(MINE)
        assert ok(held.act("not-supplied", {"reason": "clinically_unsuitable"}))["state"] == "not_supplied"
        relay_and_worker()
        assert "order.not_supplied" in [got.type for got in receiver.taken]
    [said] = [e for e in town.events("H0001", rx.pk) if e["type"] == "order.not_supplied"]
    assert said["body"]["reason"] == "clinically_unsuitable"
    assert rx.state() == ("approved", "not_supplied")
    assert town.offers(OTHERS) == town.offers(MINE) == []
    ok(town.send("PUT", "H0001", f"/prescriptions/{rx.pk}/nomination", {"nominated": [OTHERS]}))
    assert [o["prescription_no"] for o in town.offers(OTHERS)] == [rx.number]


def test_S23_unless_the_placer_routes_it_anew_it_ends_with_the_reason(town):
    rx = town.prescribe(routing=TO_OAK)
    ok(rx.held(MINE).act("not-supplied", {"reason": "has_enough"}))
    town.later(days=4)
    assert rx.state() == ("not_dispensed", "not_supplied")
    assert town.events("H0001", rx.pk)[-1]["body"]["reason"] == "has_enough"
