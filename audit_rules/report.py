"""What an audit says: findings, what was not checked, the outcome. Plain data, the same bytes every time."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple


class Severity(IntEnum):
    """What each level means is decided here, once."""

    INFO = 10  # folded away; countable
    MODERATE = 20  # shown; holds nothing
    MAJOR = 30  # a pharmacist must decide
    CRITICAL = 40  # stops the prescription until it is released

    @property
    def word(self) -> str:
        """The lower-case word used in every document and table."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> "Severity":
        """The level of a word; `KeyError` for any other word."""
        return cls[word.upper()]


class Release(StrEnum):
    """Who or what can lift a critical or major finding."""

    NOBODY = "nobody"
    RESUBMIT = "resubmit"
    COSIGN = "cosign"
    DOUBLE_SIGN = "double_sign"
    REASON = "reason"
    PHARMACIST = "pharmacist"
    TWO_PHARMACISTS = "two_pharmacists"


class Text(NamedTuple):
    """One text for people, in both languages."""

    zh: str
    en: str


class Hit(NamedTuple):
    """What a rule found. None or empty = the rule's own default.

    `lines` are lines of the prescription audited, `drugs` ingredient keys, `history` references into earlier
    prescriptions ({"institution", "number", "line"}), `evidence` the facts used, as text, with their dates.
    `refs` replaces the rule's refs when given; `sources` is added to the rule's sources.
    Hits that share a `cause` (one name, or any of several) are one finding, whichever rules they come from; the
    strongest speaks. `part_of` names greater causes, the first of which, where it is found, takes this one in and, if as
    strong, speaks for it, unless this one is `specific`. Neither ever covers another danger of the same drugs.
    """

    lines: tuple[int, ...]
    drugs: tuple[str, ...]
    message: Text
    action: Text
    evidence: Mapping[str, str] = MappingProxyType({})
    severity: Severity | None = None
    release: Release | None = None
    category: str | None = None
    sources: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    history: tuple[dict[str, Any], ...] = ()
    cause: str | tuple[str, ...] | None = None
    part_of: tuple[str, ...] = ()
    specific: bool = False


class Standing(Hit):
    """A hit that a rule makes once and yields again and again, the same object. Its finding is kept too."""

    __slots__ = ()


class Gap(NamedTuple):
    """What a rule could not check and why. `holds` = a pharmacist must look before it may pass."""

    lines: tuple[int, ...]
    reason: str
    message: Text
    holds: bool


class Finding(NamedTuple):
    """A hit with everything the profile and the releases made of it."""

    rule: str
    version: int
    category: str
    severity: Severity
    release: Release | None
    lines: tuple[int, ...]
    drugs: tuple[str, ...]
    history: tuple[dict[str, Any], ...]
    refs: tuple[str, ...]
    message: Text
    action: Text
    evidence: Mapping[str, str]
    sources: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The finding as the report writes it."""
        return {
            "rule": self.rule,
            "version": self.version,
            "category": self.category,
            "severity": self.severity.word,
            "release": self.release.value if self.release else None,
            "lines": list(self.lines),
            "drugs": list(self.drugs),
            "history": [dict(h) for h in self.history],
            "refs": list(self.refs),
            "message": self.message._asdict(),
            "action": self.action._asdict(),
            "evidence": dict(self.evidence),
            "sources": list(self.sources),
        }


class NotChecked(NamedTuple):
    """A gap with the rule it comes from."""

    rule: str
    lines: tuple[int, ...]
    reason: str
    holds: bool
    message: Text

    def to_dict(self) -> dict[str, Any]:
        """The gap as the report writes it."""
        return {"rule": self.rule, "lines": list(self.lines), "reason": self.reason, "holds": self.holds}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole answer to one prescription."""

    number: str
    outcome: str  # pass | review | stopped
    findings: tuple[Finding, ...]
    not_checked: tuple[NotChecked, ...]
    history: dict[str, Any]  # {"linked": n, "status": "complete" | "identity_unlinked"}
    catalogue: str

    def to_dict(self) -> dict[str, Any]:
        """The report as the command line prints it and the API answers it."""
        return {
            "number": self.number,
            "outcome": self.outcome,
            "findings": [f.to_dict() for f in self.findings],
            "not_checked": [g.to_dict() for g in self.not_checked],
            "history": dict(self.history),
            "catalogue": self.catalogue,
        }

    def to_record(self) -> dict[str, Any]:
        """`to_dict` with the text of every gap added, for those who show the report to people."""
        record = self.to_dict()
        for gap, written in zip(self.not_checked, record["not_checked"], strict=True):
            written["message"] = gap.message._asdict()
        return record

    def to_json(self) -> bytes:
        """`to_dict` as bytes: the same report always gives the same bytes."""
        return json.dumps(self.to_dict(), ensure_ascii=False, separators=(",", ":")).encode()
