"""docs/custody.md says what the code does: moves, combinations, refusals, reasons."""

import re
from pathlib import Path

import pytest

from routing import reasons, refusals
from routing.combinations import TABLE
from routing.states import MOVES, OrderState
from rxcenter.errors import Refused

DOC = (Path(__file__).resolve().parents[2] / "docs" / "custody.md").read_text(encoding="utf-8")


def moves():
    rows = ["| move | from | to | who | reason |", "|---|---|---|---|---|"]
    for name, m in MOVES.items():
        before = ", ".join(s.value for s in OrderState if s in m.before)
        who = ", ".join(sorted(r.value for r in m.who))
        rows.append(f"| {name} | {before} | {m.after.value} | {who} | {'yes' if m.needs_reason else ''} |")
    return "\n".join(rows)


def combinations():
    rows = ["| order | prescription | open claim | handed over |", "|---|---|---|---|"]
    for state in OrderState:
        row = TABLE[state]
        of = ", ".join(sorted(s.value for s in row.prescription))
        rows.append(
            f"| {state.value} | {of} | {'yes' if row.claim_open else 'no'} | {'yes' if row.dispensed else 'no'} |"
        )
    return "\n".join(rows)


@pytest.mark.parametrize("table", [moves, combinations])
def test_the_published_table_is_the_one_that_is_enforced(table):
    assert table() in DOC, table()


def test_every_refusal_is_in_the_catalogue():
    made = [c for c in vars(refusals).values() if isinstance(c, type) and issubclass(c, Refused)]
    slugs = {c.slug for c in made if c.__module__ == "routing.refusals"}
    assert [s for s in sorted(slugs) if not re.search(rf"(^|[ |,]){re.escape(s)}[ ,|]", DOC)] == []


@pytest.mark.parametrize("group", ["DECLINE", "RETURN", "NOT_SUPPLIED", "CANCEL", "WITHDRAW", "OVERRIDE"])
def test_every_reason_is_named(group):
    assert [code for code in getattr(reasons, group) if f"`{code}`" not in DOC] == []
