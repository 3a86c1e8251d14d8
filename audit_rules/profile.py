"""Profiles: how a region sets the rules. Dated rows give a rule its severity and switch it on or off."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from audit_rules.knowledge.tables import Tables, load, table
from audit_rules.report import Severity

DEFAULT = "regional"


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """One setting. `*` stands for any institution kind or setting; `from` and `to` are both inside; empty =
    open.

    An empty `severity` leaves what the rule says; a severity replaces it, on every finding of the rule.
    """

    profile: str
    rule: str
    institution_kind: str
    setting: str
    from_: date | None
    to: date | None
    severity: Severity | None
    on: bool
    source: str

    def holds(self, kind: str | None, setting: str, day: date) -> bool:
        """Whether the row speaks about this institution, setting and day."""
        return (
            self.institution_kind in ("*", kind)
            and self.setting in ("*", setting)
            and (self.from_ is None or self.from_ <= day)
            and (self.to is None or day <= self.to)
        )

    @property
    def weight(self) -> tuple[int, date]:
        """The more exact row wins, then the later one."""
        return (self.institution_kind != "*") + (self.setting != "*"), self.from_ or date.min


class Profiles:
    """All profiles."""

    def __init__(self, rows: tuple[ProfileRow, ...]) -> None:
        self.names = frozenset(row.profile for row in rows) | {DEFAULT}
        self.rows = rows
        self.of = lru_cache(maxsize=4096)(self._of)

    def _of(
        self, name: str, institution_kind: str | None, setting: str, on_date: date
    ) -> dict[str, ProfileRow]:
        """The row in force for each rule that has one. `KeyError` for an unknown profile."""
        if name not in self.names:
            raise KeyError(f"there is no profile {name!r}; there are {sorted(self.names)}")
        found: dict[str, ProfileRow] = {}
        for row in self.rows:
            if row.profile != name or not row.holds(institution_kind, setting, on_date):
                continue
            if row.rule not in found or found[row.rule].weight < row.weight:
                found[row.rule] = row
        return found


@table("profiles")
def profiles(tables: Tables) -> Profiles:
    """All profiles of the table."""
    return Profiles(load("profiles", ProfileRow))
