"""Puts the day together: history, the day's posts, what is posted twice, amended or malformed, what was planted."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from rxcenter.demo.generator import faults, writing
from rxcenter.demo.generator.acute import ACUTE, CHILD
from rxcenter.demo.generator.formulas import FORMULAS, HERBAL_WEIGHT
from rxcenter.demo.generator.long_term import CHRONIC
from rxcenter.demo.generator.people import Person, Population
from rxcenter.demo.generator.places import Place, region
from rxcenter.demo.generator.planting import Planted, Planter
from rxcenter.demo.generator.posts import Post
from rxcenter.demo.generator.scenarios import Scenario, Slot
from rxcenter.demo.generator.writing import Document, Line

PLANTED_SHARE, MALFORMED_SHARE, AMENDED_SHARE, REPLAYED_SHARE = 0.12, 0.015, 0.01, 0.03
DAY_HOURS = 11.0
EMERGENCY_DAYS = 3  # 处方管理办法 art. 19


@dataclass(frozen=True, slots=True)
class Stream:
    """A day. `posts` holds `count` distinct documents in order of time; `replays` are double posts of some of them."""

    placers: list[Place]
    pharmacies: list[Place]
    history: list[Document]
    posts: list[Post]
    replays: list[Post]
    planted: list[Planted] = field(default_factory=list)


def generate(seed: int, count: int, until: datetime) -> Stream:
    """`count` documents issued in the hours before `until` (an aware moment), with their patients' history."""
    if count < 1:
        raise ValueError("count must be at least 1")
    placers, pharmacies = region(seed)
    day = _Day(seed, placers, until)
    malformed, amended = round(count * MALFORMED_SHARE), round(count * AMENDED_SHARE)
    fresh = count - malformed - amended
    planter = Planter(day)
    planted = [planter.plant(n) for n in range(round(fresh * PLANTED_SHARE))]
    for _ in range(fresh - len(planted)):
        day.visit()
    live = sorted(day.live, key=lambda d: (d["issued_at"], d["number"]))
    correctable = [p.number for p in planted if p.corrected is not None]
    amendments = [p for p in planted if p.number in correctable[:amended]]
    posts = [faults.post(d) for d in live]
    posts += faults.malformed(day.rng, live, malformed + amended - len(amendments))
    posts += [faults.post(p.corrected, amends=p.number) for p in amendments if p.corrected]
    replays = day.rng.sample(
        [p for p in posts if not p.malformed and not p.amends], round(fresh * REPLAYED_SHARE)
    )
    return Stream(
        placers, pharmacies, sorted(day.history, key=lambda d: d["issued_at"]), posts, replays, planted
    )


class _Day:
    """The day being made; also what the planter needs: people, places, numbers, times."""

    def __init__(self, seed: int, placers: list[Place], until: datetime) -> None:
        self.rng = Random(f"{seed}:day")
        self.placers, self.until = placers, until
        self.people = Population(seed, placers, until.date())
        self.live: list[Document] = []
        self.history: list[Document] = []
        self._serial = 0
        self._scenarios = (*CHRONIC, *ACUTE, *CHILD)
        self._weights = [s.weight for s in self._scenarios] + [HERBAL_WEIGHT]

    def next_number(self, place: Place) -> str:
        self._serial += 1
        return writing.number(place, self.until, self._serial)

    def moment(self) -> datetime:
        """Some moment of the day, most in the morning."""
        hours = self.rng.triangular(0.0, DAY_HOURS, DAY_HOURS * 0.65)
        return (self.until - timedelta(hours=hours)).replace(microsecond=0)

    def ago(self, days: int) -> datetime:
        """Some moment so many days before the day's end."""
        return self.moment() - timedelta(days=days)

    def place(self, kinds: frozenset[str] | set[str], practice: str = "western") -> Place:
        """A place of these kinds with a doctor of the practice, busy places more often."""
        fitting = [
            p for p in self.placers if p.kind in kinds and any(d.practice == practice for d in p.prescribers)
        ]
        return self.rng.choices(fitting, [p.weight for p in fitting])[0]

    def visit(self) -> None:
        """One ordinary prescription, with what came before it."""
        scenario: Scenario | None = self.rng.choices([*self._scenarios, None], self._weights)[0]
        if scenario is None:
            self._herbal_visit()
        else:
            self._western_visit(scenario)

    def _herbal_visit(self) -> None:
        place = self.place({"hospital", "primary_care"}, "tcm")
        person = self.people.person((20, 64), home=place)
        formula = self.rng.choice(FORMULAS)
        self.live.append(
            writing.herbal(self.rng, place, person, formula, number=self.next_number(place), at=self.moment())
        )

    def _western_visit(self, scenario: Scenario) -> None:
        place = self.place(scenario.where)
        person = self.people.person(
            scenario.ages, scenario.sex, None if place.kind == "internet_hospital" else place
        )
        slots = [s for s in scenario.slots if self.rng.random() < s.chance]
        person.regimen = tuple(self.rng.choice(s.products) for s in slots)
        self._before(scenario, person, slots)
        setting = self._setting(scenario, place)
        self.live.append(self.write(scenario, person, place, slots, at=self.moment(), setting=setting))

    def _setting(self, scenario: Scenario, place: Place) -> str:
        if place.kind == "internet_hospital":
            return "internet"
        return (
            "emergency"
            if place.kind == "hospital" and self.rng.random() < scenario.emergency
            else "outpatient"
        )

    def _before(self, scenario: Scenario, person: Person, slots: list[Slot]) -> None:
        """Long-term patients were supplied 28 days before; others may have been somewhere else for something."""
        if scenario.long_term:
            for cycle in range(1, self.rng.randint(1, 3) + 1):
                place = person.seen_at[0] if self.rng.random() < 0.7 else person.seen_at[1]
                at = self.ago(29 * cycle + self.rng.randint(1, 3))
                self.history.append(self.write(scenario, person, place, slots, at=at))
        elif self.rng.random() < 0.25:
            old = self.rng.choice([s for s in ACUTE if s.gentle and s.sex in (None, person.sex)])
            if old.ages[0] <= person.age(self.until.date()) <= old.ages[1]:
                regimen, person.regimen = person.regimen, (old.slots[0].products[0],)
                at = self.ago(self.rng.randint(20, 200))
                self.history.append(self.write(old, person, person.seen_at[1], [old.slots[0]], at=at))
                person.regimen = regimen

    def write(
        self,
        scenario: Scenario,
        person: Person,
        place: Place,
        slots: list[Slot],
        *,
        at: datetime,
        setting: str = "outpatient",
    ) -> Document:
        """The document of a scenario with the person's own products."""
        days = min(scenario.days, EMERGENCY_DAYS) if setting == "emergency" else scenario.days
        lines = [Line(product, days) for product in person.regimen]
        extra = [s.diagnosis for s in slots if s.diagnosis]
        return writing.western(
            self.rng,
            place,
            person,
            lines,
            (*scenario.diagnoses, *extra),
            number=self.next_number(place),
            at=at,
            scenario=scenario,
            setting=setting,
        )
