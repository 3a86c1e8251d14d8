"""A repeat: its issues are whole, in order, and have quantities to divide."""

import copy
import json

import pytest

from audit_rules.document import Refused, encode, parse
from rxcenter.api.examples import PRESCRIPTION


def windows(*numbers, year=2027):
    return [
        {"issue": n, "start": f"{year}-{i:02d}-01", "end": f"{year}-{i:02d}-20"}
        for i, n in enumerate(numbers, 1)
    ]


def document(repeat, **changes):
    made = {**copy.deepcopy(PRESCRIPTION), "long_term": True, "repeat": repeat, **changes}
    return json.dumps(made).encode()


def test_S10_three_issues_of_three_are_taken_and_come_back():
    parsed = parse(document({"total": 3, "issues": windows(1, 2, 3)}))
    assert [i.issue for i in parsed.repeat.issues] == [1, 2, 3]
    assert parse(encode(parsed)) == parsed


WRONG = {
    "total 1": ({"total": 1, "issues": windows(1)}, "$.repeat.total"),
    "total 5": ({"total": 5, "issues": windows(1, 2, 3, 4, 5)}, "$.repeat.total"),
    "total 0": ({"total": 0, "issues": []}, "$.repeat.total"),
    "part 5 of 4": ({"total": 4, "issues": windows(1, 2, 3, 5)}, "$.repeat.issues"),
    "part 4 of 3": ({"total": 3, "issues": windows(1, 2, 4)}, "$.repeat.issues"),
    "part 0": ({"total": 2, "issues": windows(0, 1)}, "$.repeat.issues"),
    "a part twice": ({"total": 2, "issues": windows(1, 1)}, "$.repeat.issues"),
    "no start": ({"total": 2, "issues": [{"issue": 1, "end": "2027-01-20"}, *windows(1, 2)[1:]]}, "$.repeat.issues[0].start"),
    "end before start": (
        {"total": 2, "issues": [{"issue": 1, "start": "2027-01-20", "end": "2027-01-19"}, *windows(1, 2)[1:]]},
        "$.repeat.issues[0].end",
    ),
    "overlap": (
        {"total": 2, "issues": [{"issue": 1, "start": "2027-01-01", "end": "2027-02-01"}, *windows(1, 2)[1:]]},
        "$.repeat.issues[1].start",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_S10_what_is_no_repeat_is_refused_by_name(what):
    repeat, path = WRONG[what]
    with pytest.raises(Refused) as refused:
        parse(document(repeat))
    assert any(p.path.startswith(path) for p in refused.value.problems), refused.value.problems


def test_only_a_long_term_prescription_with_quantities():
    good = {"total": 2, "issues": windows(1, 2)}
    with pytest.raises(Refused) as refused:
        parse(document(good, long_term=False))
    assert [p.path for p in refused.value.problems] == ["$.long_term"]
    items = [{**PRESCRIPTION["items"][0], "quantity": None}]
    with pytest.raises(Refused) as refused:
        parse(document(good, items=items))
    assert [p.path for p in refused.value.problems] == ["$.items[0].quantity"]
