"""The patients: invented persons with several identifiers who are seen at several institutions."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from rxcenter.demo.generator.places import SURNAMES, Place

_GIVEN_TEXT = {
    "female": "秀英 桂兰 玉梅 丽娟 晓燕 雪 婷 佳怡 欣怡 子涵 淑珍 红霞 艳 芳 慧 雅婷 梦瑶 凤霞 月娥 春花",
    "male": "建国 志强 伟 军 海涛 浩然 宇轩 子轩 永福 文斌 德胜 国庆 磊 鹏 超 俊杰 明辉 学林 万金 光明",
}
_GIVEN = {sex: names.split() for sex, names in _GIVEN_TEXT.items()}
# An area code that no place has, so that a number made here cannot be a living person's.
_AREA = "649900"


@dataclass(slots=True)
class Person:
    """One human being with everything a document says of them."""

    name: str
    sex: str
    birth_date: date
    health_card: str
    resident_id: str
    phone: str
    weight_kg: float
    height_cm: int
    seen_at: tuple[Place, ...]  # the first is home
    allergies: tuple[str, ...] = ()
    chronic: str | None = None  # name of a long-term scenario
    regimen: tuple[str, ...] = ()  # its products, chosen once
    extra: dict[str, object] = field(default_factory=dict)  # members of `patient` that a planted case sets

    def age(self, on: date) -> float:
        """Years, with their fraction."""
        return (on - self.birth_date).days / 365.25

    def as_patient(self, place: Place, stamp: str) -> dict[str, object]:
        """The `patient` of a document. Most places know health card and resident ID, the smallest the latter only."""
        card = {"system": "health_card", "value": self.health_card}
        resident = {"system": "resident_id", "value": self.resident_id}
        by_resident = place.type in ("village_clinic", "community_station")
        patient: dict[str, object] = {
            "id": resident if by_resident else card,
            "other_ids": [] if by_resident else [resident],
            "name": self.name,
            "sex": self.sex,
            "birth_date": self.birth_date.isoformat(),
            "phone": self.phone,
            "weight_kg": self.weight_kg,
            "height_cm": self.height_cm,
            "pregnancy": {"status": "no", "weeks": None},
            "lactating": False,
            "allergies": [
                {"substance": a, "reaction": "皮疹", "severity": "moderate"} for a in self.allergies
            ],
            "conditions": [],
            "observations": [],
            "current_medications": [],
            "guardian": None,
        }
        if self.age(date.fromisoformat(stamp[:10])) < 14:
            patient["guardian"] = {
                "name": self.name[0] + "某",
                "relation": "父母",
                "phone": self.phone,
                "confirmed": True,
            }
        return patient | self.extra


class Population:
    """Makes persons one by one from a seed; every identifier is used once."""

    def __init__(self, seed: int, placers: list[Place], on: date) -> None:
        self._rng = Random(f"{seed}:people")
        self._seed = seed
        self._placers = [p for p in placers if p.kind != "internet_hospital"]
        self._internet = [p for p in placers if p.kind == "internet_hospital"]
        self._weights = [p.weight for p in self._placers]
        self._on = on
        self._made = 0

    def person(self, ages: tuple[float, float], sex: str | None = None, home: Place | None = None) -> Person:
        """A new person whose age today lies in `ages` (years)."""
        rng = self._rng
        self._made += 1
        sex = sex or rng.choice(("female", "male"))
        born = self._on - timedelta(days=int(rng.uniform(ages[0] * 365.25 + 2, ages[1] * 365.25)))
        age = (self._on - born).days / 365.25
        return Person(
            name=rng.choice(SURNAMES) + rng.choice(_GIVEN[sex]),
            sex=sex,
            birth_date=born,
            health_card=f"NX{self._seed % 1000:03d}{self._made:07d}",
            resident_id=_resident_id(born, self._made, sex),
            phone=f"170{rng.randrange(10**7, 10**8)}",
            weight_kg=_weight(rng, age, sex),
            height_cm=_height(age, sex),
            seen_at=self._seen_at(home),
        )

    def _seen_at(self, home: Place | None) -> tuple[Place, ...]:
        """Home, a hospital, perhaps a third place: several institutions know the same person."""
        rng = self._rng
        first = home or rng.choices(self._placers, self._weights)[0]
        others = rng.sample(self._placers, 2) + rng.sample(self._internet, 1)
        return tuple(dict.fromkeys((first, *others)))


def _resident_id(born: date, serial: int, sex: str) -> str:
    """An 18-digit number with the check digit of GB 11643; its area code is nobody's."""
    order = (serial * 2 + (sex == "male")) % 1000
    digits = f"{_AREA[:4]}{(serial // 500) % 100:02d}{born:%Y%m%d}{order:03d}"
    total = sum(int(d) * pow(2, 17 - i, 11) for i, d in enumerate(digits))
    return digits + "10X98765432"[total % 11]


def _weight(rng: Random, age: float, sex: str) -> float:
    if age < 1:
        return round(3.5 + age * 6, 1)
    if age < 12:
        return round(8 + 2 * age + rng.uniform(-0.8, 0.8), 1)
    if age < 18:
        return round(4.5 * age - 20 + rng.uniform(-3, 3), 1)
    return round(rng.gauss(58 if sex == "female" else 70, 6), 1)


def _height(age: float, sex: str) -> int:
    if age < 2:
        return int(50 + age * 18)
    if age < 16:
        return int(77 + age * 6)
    return 159 if sex == "female" else 171
