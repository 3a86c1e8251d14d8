"""What planting needs: the note of a planted fault, the day it is planted in, and how its documents are written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Protocol

from audit_rules.report import Severity
from rxcenter.demo.generator import writing
from rxcenter.demo.generator.acute import ACUTE
from rxcenter.demo.generator.long_term import CHRONIC
from rxcenter.demo.generator.people import Person, Population
from rxcenter.demo.generator.places import Place, Prescriber
from rxcenter.demo.generator.scenarios import Scenario
from rxcenter.demo.generator.writing import Document, Line

SCENARIOS = {s.name: s for s in (*CHRONIC, *ACUTE)}
NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class Planted:
    """What was planted in which prescription. An audit has found it when one finding has one of `categories`, at
    least `severity`, and names all `drugs`; for `not_checked`, when an unknown drug is reported."""

    kind: str
    institution: str
    number: str
    categories: frozenset[str]
    severity: str
    drugs: tuple[str, ...]
    corrected: Document | None = None  # the next revision, where the prescriber will mend it

    def is_found_in(self, report: Mapping[str, Any]) -> bool:
        """Whether an audit's report says what was planted."""
        if NOT_CHECKED in self.categories:
            return any(gap["reason"] == "unknown_drug" for gap in report["not_checked"])
        least = Severity.of(self.severity)
        return any(
            f["category"] in self.categories
            and Severity.of(f["severity"]) >= least
            and set(self.drugs) <= set(f["drugs"])
            for f in report["findings"]
        )


class Day(Protocol):
    """What planting needs of the day."""

    rng: Random
    people: Population
    live: list[Document]
    history: list[Document]

    def next_number(self, place: Place) -> str: ...

    def moment(self) -> datetime: ...

    def ago(self, days: int) -> datetime: ...

    def place(self, kinds: set[str], practice: str = "western") -> Place: ...


class Ground:
    """Writes the documents of planted faults into the day."""

    def __init__(self, day: Day) -> None:
        self._day, self._rng = day, day.rng

    def _western(
        self,
        scenario: str,
        person: Person,
        lines: Sequence[Line],
        *,
        more: Sequence[tuple[str, str]] = (),
        place: Place | None = None,
        at_home: bool = True,
        setting: str = "outpatient",
        prescriber: Prescriber | None = None,
    ) -> Document:
        """A live document of the day, at the person's first or second institution."""
        self._last_place = place = place or person.seen_at[0 if at_home else 1]
        plan = SCENARIOS[scenario]
        doc = writing.western(
            self._rng,
            place,
            person,
            lines,
            (*plan.diagnoses, *more),
            number=self._day.next_number(place),
            at=self._day.moment(),
            scenario=plan,
            setting=setting,
            prescriber=prescriber,
        )
        self._day.live.append(doc)
        return doc

    def _earlier(
        self,
        scenario: str,
        person: Person,
        lines: Sequence[Line],
        days: int,
        more: Sequence[tuple[str, str]] = (),
    ) -> None:
        """A document of some days ago from the person's first institution."""
        plan: Scenario = SCENARIOS[scenario]
        place = person.seen_at[0]
        self._day.history.append(
            writing.western(
                self._rng,
                place,
                person,
                lines,
                (*plan.diagnoses, *more),
                number=self._day.next_number(place),
                at=self._day.ago(days),
                scenario=plan,
            )
        )

    def _lab(self, code: str, value: float, unit: str) -> dict[str, Any]:
        return {
            "code": code,
            "value": value,
            "unit": unit,
            "at": (self._day.moment() - timedelta(days=3)).isoformat(),
        }

    def _planted(
        self,
        kind: str,
        document: Document,
        categories: set[str],
        severity: str,
        drugs: tuple[str, ...],
        corrected: Document | None = None,
    ) -> Planted:
        code = document["institution"]["code"]
        return Planted(kind, code, document["number"], frozenset(categories), severity, drugs, corrected)
