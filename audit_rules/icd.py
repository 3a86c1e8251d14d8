"""ICD-10 codes: compared by prefix, dots ignored; family history and past disease are not present disease."""

from collections.abc import Iterable
from functools import lru_cache

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


def matching(codes: Iterable[str], prefixes: Iterable[str], except_: Iterable[str] = ()) -> tuple[str, ...]:
    """The dotless `codes` that start with one of `prefixes` and with none of `except_`."""
    wanted = _dotless(tuple(prefixes))
    found = [code for code in codes if code.startswith(wanted)]
    unwanted = _dotless(tuple(except_)) if found else ()
    return tuple(code for code in found if not code.startswith(unwanted)) if unwanted else tuple(found)
