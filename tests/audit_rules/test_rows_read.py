"""The tables row by row against the second reading that was made without sight of them (`spots/rows/`)."""

import pytest

from tests.audit_rules import rows_read

READ = {"diseases": 640, "ages": 425, "labs": 110, "lactation": 320, "hepatic": 465, "renal": 280}


@pytest.mark.parametrize(
    "wrong",
    [
        rows_read.wrong_diseases,
        rows_read.wrong_lactation,
        lambda: rows_read.wrong_bounds("ages"),
        lambda: rows_read.wrong_bounds("labs"),
        rows_read.wrong_hepatic,
        rows_read.wrong_renal,
    ],
    ids=READ,
)
def test_the_rows_say_what_the_second_reader_read(wrong):
    assert not list(wrong())


@pytest.mark.parametrize("name", READ)
def test_the_whole_table_was_read(name):
    assert sum(1 for _ in rows_read.single(name)) >= READ[name]


def test_a_reading_that_no_row_answers_is_told(monkeypatch):
    told = {"alprazolam": ["age<3 critical"], "no such drug": ["age<18 major"]}
    monkeypatch.setattr(rows_read, "readings", lambda _: told)
    assert len(list(rows_read.wrong_bounds("ages"))) == 2
