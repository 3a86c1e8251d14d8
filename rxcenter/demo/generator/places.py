"""The invented region: 40 prescribing institutions of all kinds and 12 pharmacies, with their prescribers."""

from dataclasses import dataclass
from random import Random

DISTRICTS = (
    "兴河区",
    "金柳区",
    "西屏区",
    "宁川县",
    "贺岭县",
    "灵沙市",
    "原川区",
    "盐泉县",
    "沙湖区",
    "海塬县",
)
TOWNS = ("望洪", "杨和", "立岗", "常信", "郝家", "崇兴", "惠安", "王洼", "七营", "三合")
STREETS = ("解放街", "文化路", "胜利里", "湖滨", "凤凰里", "北塔", "丽景")
_KINDS = (
    # letter, kind, type, level, how many, name
    ("H", "hospital", "hospital", "3A", 3, "{district}人民医院"),
    ("H", "hospital", "hospital", "2A", 5, "{district}中医医院"),
    ("C", "primary_care", "community_centre", "1A", 7, "{district}{street}社区卫生服务中心"),
    ("C", "primary_care", "community_station", "", 6, "{district}{street}社区卫生服务站"),
    ("T", "primary_care", "township_centre", "1A", 8, "{district}{town}中心卫生院"),
    ("V", "primary_care", "village_clinic", "", 7, "{district}{town}村卫生室"),
    ("N", "internet_hospital", "hospital", "3A", 4, "{district}互联网医院"),
)
PHARMACIES = 12
_TITLES = {
    "hospital": ("resident", "attending", "attending", "associate_chief", "chief"),
    "community_centre": ("resident", "attending", "attending", "associate_chief"),
    "community_station": ("attending",),
    "township_centre": ("assistant", "attending", "attending"),
    "village_clinic": ("village",),
}
_HOW_MANY = {
    "hospital": 14,
    "community_centre": 6,
    "community_station": 2,
    "township_centre": 5,
    "village_clinic": 1,
}
SURNAMES = "王李张刘陈杨马赵黄周吴徐孙胡朱高林何郭罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏"


@dataclass(frozen=True, slots=True)
class Prescriber:
    """One doctor of one institution; `practice` decides whose scenarios they see."""

    id: str
    name: str
    title: str
    practice: str
    rights: tuple[str, ...]
    licence: str


@dataclass(frozen=True, slots=True)
class Place:
    """One institution as the register and its documents name it."""

    code: str
    name: str
    kind: str
    type: str
    level: str
    district: str
    prescribers: tuple[Prescriber, ...] = ()

    @property
    def weight(self) -> int:
        """How many prescriptions it writes, in proportion."""
        return {"3A": 12, "2A": 7, "1A": 4, "": 2}[self.level]


def region(seed: int) -> tuple[list[Place], list[Place]]:
    """(prescribing institutions, pharmacies) of a seed, ordered by code."""
    rng = Random(f"{seed}:places")
    placers, counts = [], dict.fromkeys("HCTVN", 0)
    for letter, kind, type_, level, how_many, pattern in _KINDS:
        for index in range(how_many):
            counts[letter] += 1
            number = counts[letter]
            district = DISTRICTS[(number - 1 + (0 if letter == "H" else 2)) % len(DISTRICTS)]
            name = pattern.format(
                district=district, street=STREETS[index % len(STREETS)], town=TOWNS[index % len(TOWNS)]
            )
            code = f"{letter}{number:04d}"
            staff = _staff(rng, code, kind, type_, level)
            placers.append(Place(code, name, kind, type_, level, district, staff))
    shops = [
        Place(
            f"P{n + 1:04d}",
            f"{DISTRICTS[n % 10]}惠民药房{n + 1}店",
            "pharmacy",
            "pharmacy",
            "",
            DISTRICTS[n % 10],
        )
        for n in range(PHARMACIES)
    ]
    return sorted(placers, key=lambda p: p.code), shops


def _staff(rng: Random, code: str, kind: str, type_: str, level: str) -> tuple[Prescriber, ...]:
    found = []
    for n in range(_HOW_MANY[type_]):
        # A third of the doctors practise Chinese medicine, at least one wherever there are several.
        practice = "tcm" if n % 3 == 1 else "western"
        title = _TITLES[type_][n % len(_TITLES[type_])]
        found.append(
            Prescriber(
                id=f"{code}-D{n + 1:02d}",
                name=rng.choice(SURNAMES) + rng.choice("医建国晓明丽华文博秀英志强雪梅"),
                title=title,
                practice=practice,
                rights=_rights(title, kind, level),
                licence=f"1{rng.randrange(10**13, 10**14)}",
            )
        )
    return tuple(found)


def _rights(title: str, kind: str, level: str) -> tuple[str, ...]:
    """What the institution grants by title (antimicrobial grades after the 2012 rules)."""
    rights = ["antimicrobial:unrestricted"]
    if title in ("attending", "associate_chief", "chief"):
        rights.append("antimicrobial:restricted")
    if title in ("associate_chief", "chief") and kind == "hospital":
        rights.append("antimicrobial:special")
    if title in ("attending", "associate_chief", "chief") and kind != "internet_hospital" and level:
        rights += ["narcotic", "psychotropic_1"]
    return tuple(rights)
