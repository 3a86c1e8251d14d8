"""The 24 invariants of custody: each has a test of its name somewhere; those that no other part proves are proven here."""

import ast
import json
import random
import re
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, connection, transaction

from routing.states import MOVES, TERMINAL
from rxcenter.ledger.models import Event
from tests import house
from tests.scenarios.papers import LONG, POOL, tablets, windows
from tests.scenarios.town import ok, slug, together

MINE, OTHERS = "P0001", "P0002"
NUMBER = re.compile(r"invariant_0?(\d+)(?!\d)")


def test_each_of_the_24_has_a_test_of_its_name():
    proven = set()
    for _path, text in house.sources("tests"):
        if "invariant_" in text:
            functions = (n.name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef))
            tests = [name for name in functions if name.startswith("test_")]
            proven |= {int(number) for name in tests for number in NUMBER.findall(name)}
    assert proven == set(range(1, 25))


def sql(statement, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.parametrize("left", ["-1", "authorised + 1"])
def test_invariant_02_the_database_itself_refuses_over_supply(town, left):
    rx = town.prescribe()
    with pytest.raises(IntegrityError, match="line_never_over_supplied"):
        sql(f"UPDATE routing_orderline SET remaining = {left} WHERE prescription_id = %s", rx.pk)


def test_invariant_04_nothing_is_routed_that_was_not_approved(town):
    waits = town.prescribe({**tablets(1), "drug": {"name": "不存在的药"}})
    assert waits.state() == ("in_review",)
    rx = town.prescribe()
    revised = town.paper(tablets(1, 5), number=rx.number, revision=2, routing=POOL)
    new = ok(town.post("H0001", f"/prescriptions/{rx.pk}/amend", revised), 201)["id"]
    assert rx.state() == ("replaced", "cancelled")
    assert ok(town.get("H0001", f"/prescriptions/{new}"))["orders"] == []
    assert town.offers(MINE) == []
    town.clock.work()
    for pk in (rx.pk, new):
        events = town.events("H0001", pk)
        at = {e["type"]: e["at"] for e in events}
        assert at["order.created"] >= at["prescription.audit_passed"]
    assert [o["state"] for o in ok(town.get("H0001", f"/prescriptions/{new}"))["orders"]] == ["open"]


CORRECTIONS = {"amended_to_partly", "amended_to_completed", "withdrawn_to_partly", "withdrawn_to_preparing"}


def test_invariant_05_no_move_leaves_a_terminal_state_but_corrections():
    assert {name for name, move in MOVES.items() if move.before & TERMINAL} == CORRECTIONS


@pytest.mark.parametrize("end", ["completed", "cancelled", "not_supplied", "expired"])
def test_invariant_05_what_has_ended_stays_so_whatever_is_asked(town, end):
    rx = town.prescribe()
    held = rx.held(MINE)
    if end == "completed":
        ok(held.give(), 201)
    elif end == "cancelled":
        ok(rx.cancel(), 202)
        ok(held.act("cancel-decision", {"decision": "accept"}))
    elif end == "not_supplied":
        ok(held.act("not-supplied", {"reason": "has_enough"}))
    else:
        ok(held.act("return", {"reason": "closed"}))
        town.later(days=4)
    before = rx.state()
    assert before[1] == end
    acts = [held.give(), rx.claim(OTHERS)]
    acts += [held.act(verb) for verb in ("start", "ready", "heartbeat")]
    acts += [held.act(verb, {"reason": "closed"}) for verb in ("return", "release-remainder")]
    acts += [held.act("split", {"lines": [1], "reason": "closed"})]
    acts += [held.act("transfer", {"to": OTHERS, "reason": "closed"})]
    assert {a.status_code for a in acts} <= {404, 409, 410, 422}
    assert rx.state() == before
    town.later(hours=1)
    assert rx.state() == before


def test_invariant_11_outside_its_window_it_is_refused_and_the_date_is_named(town):
    issues = windows(town.today(), 20, 40)
    future = town.prescribe(tablets(1, 28), routing=POOL, repeat={"total": 2, "issues": issues}, **LONG)
    refused = future.claim(MINE, code=future.code())
    assert (slug(refused), bool(refused.json()["valid_from"])) == ("409 not-yet-valid", True)
    rx = town.prescribe(routing=POOL)
    code = rx.code()
    ok(town.post("H0001", f"/prescriptions/{rx.pk}/suspend", {"reason": "…"}))
    refused = rx.claim(MINE, code=code)
    assert (slug(refused), bool(refused.json()["since"])) == ("409 on-hold", True)
    ok(town.post("H0001", f"/prescriptions/{rx.pk}/resume"))
    town.clock.ahead += timedelta(days=3)
    refused = rx.claim(MINE, code=code)
    assert (slug(refused), bool(refused.json()["at"])) == ("409 prescription-expired", True)


def test_invariant_12_one_key_one_effect(town):
    rx = town.prescribe()
    body = {"order": rx.order()}
    answers = together([lambda: town.post(MINE, "/claims", body, key="K")] * 12)
    done = [a for a in answers if a.status_code == 201]
    assert done
    assert len({a.content for a in done}) == 1
    busy = [a for a in answers if a.status_code != 201]
    assert {(slug(a), a.headers["Retry-After"]) for a in busy} <= {("409 request-in-progress", "1")}
    again = town.post(MINE, "/claims", body, key="K")
    assert (again.content, again.headers["Idempotent-Replayed"]) == (done[0].content, "true")
    other = town.prescribe()
    assert slug(town.post(MINE, "/claims", {"order": other.order()}, key="K")) == "422 idempotency-key-reused"
    assert other.state() == ("approved", "offered")
    assert town.types("H0001", rx).count("order.claimed") == 1


@pytest.mark.parametrize("seed", range(3))
def test_invariant_16_withdrawing_restores_every_quantity_newest_first(town, seed):
    chance = random.Random(seed)
    held = town.prescribe(tablets(1, 50), **LONG).held(MINE)
    left, stood = 50, []
    while left > 4:
        quantity = chance.randint(1, left - 1)
        said = ok(held.give({"line": 1, "quantity": str(quantity), "owed": True}), 201)
        stood.append((said["dispense_id"], left))
        left -= quantity
        assert said["remaining"][0]["remaining"] == str(left)
    for n, (dispense, before) in reversed(list(enumerate(stood))):
        path = f"/dispenses/{stood[n - 1][0]}/withdraw"
        if n:
            refused = town.post(MINE, path, {"reason": "other"}, token=held.token)
            assert slug(refused) == "409 not-latest-dispense"
        said = ok(town.post(MINE, f"/dispenses/{dispense}/withdraw", {"reason": "other"}, token=held.token))
        assert said["remaining"][0]["remaining"] == str(before)
    assert (said["state"], said["remaining"][0]["status"]) == ("preparing", "open")


def test_invariant_18_each_transition_is_one_event_in_one_unbroken_row(town):
    rx = town.prescribe(tablets(1, 28), **LONG)
    ok(rx.held(MINE).act("return", {"reason": "out_of_stock"}))
    held = rx.held(OTHERS)
    for verb in ("start", "ready"):
        ok(held.act(verb))
    first = ok(held.give({"line": 1, "quantity": "8", "owed": True}), 201)["dispense_id"]
    ok(town.post(OTHERS, f"/dispenses/{first}/withdraw", {"reason": "other"}, token=held.token))
    ok(held.give(), 201)
    rows = list(Event.objects.filter(subject=rx.pk, primary=True).order_by("subject_seq"))
    assert [e.subject_seq for e in rows] == list(range(1, len(rows) + 1))
    for prefix, state in (("order.", "completed"), ("prescription.", "completed")):
        moves = [json.loads(e.body) for e in rows if e.type.startswith(prefix)]
        moves = [body for body in moves if "to" in body and "from" in body]
        assert all(a["to"] == b["from"] for a, b in pairwise(moves)), moves
        assert moves[-1]["to"] == state
    assert all(e.actor and datetime.fromisoformat(str(e.at)) for e in rows)
    reasons = {e.type: json.loads(e.body).get("reason") for e in rows}
    assert (reasons["order.returned"], reasons["order.withdrawn_to_preparing"]) == ("out_of_stock", "other")
    assert next(e.actor for e in rows if e.type == "order.started").startswith("dispenser:P0002")
