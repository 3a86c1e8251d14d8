"""ICD-10 codes: compared by prefix, dots ignored; family history and past disease are not present disease."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

# Z80-Z84 family history; Z85-Z87 personal history of neoplasm and other diseases.
PAST = ("Z80", "Z81", "Z82", "Z83", "Z84", "Z85", "Z86", "Z87")


def dotless(code: str) -> str:
    """N18.3 and N183 are one code."""
    return code.replace(".", "").upper()


@lru_cache(maxsize=4096)
def _dotless(prefixes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(dotless, prefixes))


def is_past(code: str) -> bool:
    """Whether the code says that somebody else has it or that it is over."""
    return dotless(code).startswith(PAST)


class Coded(NamedTuple):
    """The codes of one person, each once: as written in capitals; without dots, what is present and what is past."""

    written: tuple[str, ...]
    present: tuple[str, ...]
    past: tuple[str, ...]


@lru_cache(maxsize=8192)  # many visits carry the same codes
def coded(codes: tuple[str, ...]) -> Coded:
    """Codes as posted, sorted out; blank ones are left out."""
    written = tuple(dict.fromkeys(code.strip().upper() for code in codes if code.strip()))
    present = tuple(dotless(code) for code in written if not is_past(code))
    return Coded(written, present, tuple(dotless(code) for code in written if is_past(code)))


def matching(codes: Iterable[str], prefixes: Iterable[str], except_: Iterable[str] = ()) -> tuple[str, ...]:
    """The dotless `codes` that start with one of `prefixes` and with none of `except_`."""
    wanted = _dotless(tuple(prefixes))
    found = [code for code in codes if code.startswith(wanted)]
    unwanted = _dotless(tuple(except_)) if found else ()
    return tuple(code for code in found if not code.startswith(unwanted)) if unwanted else tuple(found)
