"""What the demo prints for people: outcomes, planted faults, addresses and logins."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rxcenter.demo.findings import Found
from rxcenter.demo.staff import Login

_WORDS = {
    "posted": "documents posted (each counted once)",
    "refused": "refused: malformed",
    "stored": "stored",
    "audited": "audited",
    "pending": "still to be audited",
    "quarantined": "the engine could not judge",
    "passed": "audit: pass",
    "in_review": "audit: review",
    "stopped": "audit: stopped",
    "held_by_policy": "passed, yet a pharmacist decides by policy",
    "approved": "approved, by policy or a pharmacist",
    "returned": "returned to the prescriber",
    "rejected": "rejected",
    "routed": "routed to a dispenser",
    "claimed": "claimed",
    "dispensed": "dispensed",
    "lost": "LOST",
    "seconds": "seconds from the first post",
}


def table(rows: Iterable[Sequence[Any]], heads: Sequence[str]) -> str:
    """A plain table; numbers to the right, wide characters counted twice."""
    lines = [[str(cell) for cell in row] for row in rows]
    widths = [max(_width(line[n]) for line in [list(heads), *lines]) for n in range(len(heads))]
    shown = [_row(list(heads), widths), "  ".join("-" * w for w in widths)]
    return "\n".join([*shown, *(_row(line, widths) for line in lines)])


def outcomes(numbers: Mapping[str, Any], replayed: tuple[int, int]) -> str:
    """The numbers of a run, in order; double posts apart."""
    rows: list[Sequence[Any]] = [(name, numbers[name], words) for name, words in _WORDS.items()]
    same, asked = replayed
    rows.append(("(replayed)", f"{same}/{asked}", "posted twice: answered 200 with the same prescription"))
    return table(rows, ("", "number", ""))


def planted(rows: Sequence[Found]) -> str:
    """Planted faults against found ones."""
    listed = [(r.kind, r.planted, r.found, ", ".join(r.missed[:3])) for r in rows]
    total = ("all", sum(r.planted for r in rows), sum(r.found for r in rows), "")
    return table([*listed, total], ("planted fault", "planted", "found", "not found in"))


def addresses(url: str, people: Sequence[Login], password: str, keys: Mapping[str, str]) -> str:
    """Where to look and as whom."""
    where = [
        ("pharmacists' desk", f"{url}/admin/"),
        ("regulators' pages", f"{url}/reg/"),
        ("API, with examples", f"{url}/api/docs"),
        ("health", f"{url}/readyz"),
    ]
    logins = [(p.username, password, p.role.value, p.institution or "region") for p in people]
    return "\n\n".join(
        [
            table(where, ("where", "address")),
            table(logins, ("login", "password", "role", "scope")),
            to_try(url, keys),
        ]
    )


def to_try(url: str, keys: Mapping[str, str]) -> str:
    """What README.md and docs/integrating.md ask to be pasted: address, a hospital's key, a pharmacy's key."""
    hospital = "H0001" if "H0001" in keys else next(iter(keys))
    pharmacy = "P0001" if "P0001" in keys else next((c for c in keys if c != hospital), hospital)
    return (
        f"to try the API, paste this (hospital {hospital}, pharmacy {pharmacy}); then README.md, docs/integrating.md:\n"
        f"  export RXCENTER_URL={url}\n"
        f"  export RXCENTER_KEY={keys[hospital]}\n"
        f"  export PHARMACY_KEY={keys[pharmacy]}"
    )


def _row(cells: list[str], widths: list[int]) -> str:
    padded = []
    for cell, width in zip(cells, widths, strict=True):
        space = " " * (width - _width(cell))
        padded.append(space + cell if cell.replace(".", "").replace("/", "").isdigit() else cell + space)
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
