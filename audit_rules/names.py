"""The one way in which two written names are compared: exactly, after a harmless clean-up."""

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=16_384)  # units, routes, codes: the same short words again and again
def plain(text: str) -> str:
    """NFKC, case folded, runs of spaces made one. Nothing is dropped, guessed or cut."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
