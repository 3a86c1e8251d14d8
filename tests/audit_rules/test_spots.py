"""The engine against the second readings: as severe as the label, and not shriller by two steps."""

import pytest

from tests.audit_rules.spotting import probes, spots

KEYS = {
    "adult", "child", "renal", "pregnancy", "lactation", "disease", "age", "with", "days", "allergy", "sex",
    "written", "route", "note", "source",
}  # fmt: skip


@pytest.mark.parametrize("drug", spots())
def test_the_engine_says_what_the_second_reader_read(drug):
    assert not [wrong for probe in probes(drug) if (wrong := probe.fails())]


def test_enough_was_read_and_every_key_is_asked():
    read = spots()
    assert len(read) >= 220
    assert not {key for spot in read.values() for key in spot} - KEYS
    assert sum(1 for drug in read for _ in probes(drug)) > 1800
