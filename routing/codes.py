"""Pickup codes: eight random digits and a check digit. Kept as an HMAC; the sealed copy is for the placer only."""

import hashlib
import hmac
import secrets
from uuid import UUID

from django.conf import settings

# H. M. Damm's totally anti-symmetric quasigroup of order 10: catches every single wrong digit and every swap of neighbours.
_DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip
DIGITS = 9


def mint() -> str:
    """A new code, nine digits."""
    digits = f"{secrets.randbelow(10**8):08d}"
    return digits + str(_interim(digits))


def plain(code: str) -> str | None:
    """The code as typed, without spaces and hyphens; None when it cannot be one (length, digits, check digit)."""
    digits = code.replace(" ", "").replace("-", "")
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()) or _interim(digits) != 0:
        return None
    return digits


def hashed(order: UUID, code: str) -> bytes:
    """HMAC-SHA256 of a code for its order: nine digits under a plain hash would be tried out in a second."""
    key = hmac.digest(settings.INDEX_KEY, b"pickup code", hashlib.sha256)
    return hmac.digest(key, order.bytes + code.encode(), hashlib.sha256)


def fits(order: UUID, kept: bytes, code: str) -> bool:
    """Whether a typed code is the order's; constant time."""
    digits = plain(code)
    return digits is not None and hmac.compare_digest(bytes(kept), hashed(order, digits))


def _interim(digits: str) -> int:
    state = 0
    for digit in digits:
        state = int(_DAMM[state][int(digit)])
    return state
