"""The one way in which two written names are compared: exactly, after a harmless clean-up."""

import unicodedata


def plain(text: str) -> str:
    """NFKC, case folded, runs of spaces made one. Nothing is dropped, guessed or cut."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
