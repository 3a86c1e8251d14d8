"""Whole prescriptions through the whole engine: what must be found, with which reference, and what must stay quiet."""

import json
from pathlib import Path

import pytest

from audit_rules.acceptance import wrong

FILES = sorted((Path(__file__).parent / "vignettes").glob("*.json"))
ALL = [pytest.param(case, id=case["id"]) for f in FILES for case in json.loads(f.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("case", ALL)
def test_vignette(case):
    assert not wrong(case)


def test_ids_are_unique():
    ids = [param.values[0]["id"] for param in ALL]
    assert len(set(ids)) == len(ids)
