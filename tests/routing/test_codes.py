"""Pickup codes and how long a prescription holds."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from routing import codes
from routing.validity import expires_at

ORDER, OTHER = UUID(int=1), UUID(int=2)


def test_a_minted_code_fits_its_order_only():
    code = codes.mint()
    kept = codes.hashed(ORDER, code)
    assert codes.fits(ORDER, kept, code)
    assert codes.fits(ORDER, kept, f" {code[:4]}-{code[4:8]} {code[8]} ")
    assert not codes.fits(OTHER, kept, code)
    assert code.encode() not in kept


def test_damms_published_example():
    assert codes.plain("000000000") == "000000000"
    assert codes._interim("572") == 4
    assert codes._interim("5724") == 0


def test_every_single_slip_and_swap_is_caught():
    code = codes.mint()
    slips = {code[:i] + str(d) + code[i + 1 :] for i in range(9) for d in range(10)} - {code}
    swaps = {code[:i] + code[i + 1] + code[i] + code[i + 2 :] for i in range(8)} - {code}
    assert [c for c in slips | swaps if codes.plain(c)] == []


@pytest.mark.parametrize(
    "typed", ["", "12345678", "1234567890", "１２３４５６７８９", "12345678x", "²²²²²²²²²"]
)
def test_what_cannot_be_a_code_is_none(typed):
    assert codes.plain(typed) is None


def test_codes_differ():
    assert len({codes.mint() for _ in range(200)}) > 195


@pytest.mark.parametrize("long_term, days", [(False, 3), (True, 7)])
def test_validity_counts_from_the_issue(long_term, days):
    issued = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
    assert expires_at(issued, long_term=long_term) == issued + timedelta(days=days)


def test_validity_before_the_first_row_uses_the_first_row():
    issued = datetime(1941, 5, 26, tzinfo=UTC)
    assert expires_at(issued, long_term=True) == issued + timedelta(days=7)
