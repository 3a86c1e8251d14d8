"""The golden prescriptions say what was recorded; after an intended change: `python -m tests.audit_rules.golden --write`."""

import pytest

from tests.audit_rules import golden

ALL = [(path.stem, each) for path, listed in golden.prescriptions() for each in listed]


@pytest.mark.parametrize(("file", "each"), ALL, ids=[each["id"] for _, each in ALL])
def test_golden(file, each):
    assert golden.changes(each) == [], f"{file}: {each['title']}"


def test_there_are_enough_and_each_has_its_own_id():
    assert len(ALL) >= 60
    assert len({each["id"] for _, each in ALL}) == len(ALL)


def test_a_change_shows_its_reach():
    each = next(each for _, each in ALL if each["outcome"] == "stopped")
    first, *others = each["findings"]
    other = {**first, "severity": "info", "release": None}
    assert golden.changes({**each, "findings": [other, *others]})[0].startswith("~ ")
    assert golden.changes({**each, "findings": others})[0].startswith("+ ")
    extra = {**first, "rule": "ZZZ001"}
    assert golden.changes({**each, "findings": [first, *others, extra]})[0].startswith("- ZZZ001")
