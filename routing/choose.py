"""In which order dispensers are asked. Pure; everyone passed over or asked later comes with the reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from typing import Any

from routing.eligible import Candidate, Need, Reason, Way, stays_in_house, why_not

IN_POOL = "pool"  # key of why_not for the open pool as a whole
MOST_RANKED = 10  # of the pool; who stands further down is asked by nobody in time
SOON = 12 * 60  # minutes: opens the same day or the next morning


class Stock(IntEnum):
    """What the declared stock says about all lines together; best first."""

    ENOUGH = 0
    UNKNOWN = 1
    PARTLY = 2
    NONE = 3


@dataclass(frozen=True, slots=True)
class Standing:
    """What ranks an eligible dispenser. `wait`: minutes until it opens, None = hours not declared."""

    stock: Stock = Stock.UNKNOWN
    wait: int | None = None
    distance_km: Decimal | None = None
    insurance: bool = False
    declines: int = 0  # of the last 30 days

    def weighed(self, need: Need) -> dict[str, Any]:
        """The criteria in the order in which they decide; smaller is better."""
        far = self.distance_km is None
        return {
            "stock": self.stock,
            "insurance": need.insurance and not self.insurance,
            "hours": 2 if self.wait is None else 0 if self.wait == 0 else 1 if self.wait <= SOON else 3,
            "distance": (far, Decimal(0) if self.distance_km is None else self.distance_km),
            "declines": self.declines,
        }


@dataclass(frozen=True, slots=True)
class Ranked:
    """One place in the order of asking; `behind`: the criterion that puts it after the one before."""

    code: str
    way: Way
    standing: Standing | None = None
    behind: str = ""

    def shown(self, rank: int) -> dict[str, Any]:
        """As the order keeps it and people read it."""
        made: dict[str, Any] = {"rank": rank, "dispenser": self.code, "way": self.way.value}
        if self.standing is not None:
            far = self.standing.distance_km
            made |= {
                "stock": self.standing.stock.name.lower(),
                "opens_in_minutes": self.standing.wait,
                "distance_km": None if far is None else f"{far:.1f}",
                "insurance": self.standing.insurance,
                "declines": self.standing.declines,
                "behind": self.behind,
            }
        return made


@dataclass(frozen=True, slots=True)
class Choice:
    """`ranking` are asked one after the other, then the open pool where `pool` is set; both empty = unroutable.

    `why_not` holds {code: [reasons]} of those named and passed over; under "pool" why there is no open pool.
    """

    ranking: tuple[Ranked, ...] = ()
    pool: bool = False
    why_not: dict[str, list[Reason]] = field(default_factory=dict)

    @property
    def ranked(self) -> tuple[str, ...]:
        return tuple(r.code for r in self.ranking)

    @property
    def routable(self) -> bool:
        return bool(self.ranking) or self.pool


def choose(
    need: Need,
    nominated: Sequence[str] | None,
    named: Mapping[str, Candidate],
    pool: Sequence[Candidate],
    standings: Mapping[str, Standing] | None = None,
) -> Choice:
    """Rank the dispensers of one prescription.

    `nominated` is None when the document has no routing: then the institution's own pharmacy; so too when it names
    nobody and the patient did not consent to the open pool. `named` holds the
    candidates among own and nominated by code; `pool` those that take orders of the open pool, `standings` what ranks
    them. A delivery is offered to the pool in that order; for a pickup the patient chooses, by showing the code.
    Drugs that must stay in-house go to the own pharmacy whoever was nominated; the reasons say so.
    """
    if not nominated and (nominated is None or not need.consent):
        home = _rank([need.own], Way.OWN, need, named)
        return home if nominated is None else _with(home, [Reason("no_consent")])
    if stays_in_house(need):
        passed = _rank([c for c in nominated if c != need.own], Way.NOMINATED, need, named)
        home = _rank([need.own], Way.OWN, need, named)
        return Choice(home.ranking, False, {**passed.why_not, **home.why_not})
    choice = _rank(list(dict.fromkeys(nominated)), Way.NOMINATED, need, named)
    if not need.consent:
        return choice if choice.routable else _with(choice, [Reason("no_consent")])
    reasons = [why_not(c, need, Way.POOL) for c in pool]
    if any(not r for r in reasons):
        asked = choice.ranking
        if need.delivery:
            left = [c for c, r in zip(pool, reasons, strict=True) if not r and c.code not in choice.ranked]
            asked += rank_pool(need, left, standings or {})
        return Choice(asked, True, choice.why_not)
    return _with(choice, list(dict.fromkeys(r for rs in reasons for r in rs)) or [Reason("not_in_pool")])


def rank_pool(
    need: Need, eligible: Sequence[Candidate], standings: Mapping[str, Standing]
) -> tuple[Ranked, ...]:
    """Eligible dispensers of the pool, best first: stock, insurance, hours, distance, past declines, then the code.

    Whoever declares to have none of it is left out: it would only say so again.
    """
    known = {c.code: standings.get(c.code, Standing()) for c in eligible}
    codes = [code for code, standing in known.items() if standing.stock is not Stock.NONE]
    codes.sort(key=lambda code: (*known[code].weighed(need).values(), code))
    made: list[Ranked] = []
    for before, code in zip([None, *codes], codes[:MOST_RANKED], strict=False):
        behind = "" if before is None else _behind(known[before], known[code], need)
        made.append(Ranked(code, Way.POOL, known[code], behind))
    return tuple(made)


def _behind(first: Standing, then: Standing, need: Need) -> str:
    weighed, other = first.weighed(need), then.weighed(need)
    return next((name for name in weighed if weighed[name] != other[name]), "code")


def _rank(codes: list[str], way: Way, need: Need, named: Mapping[str, Candidate]) -> Choice:
    passed: dict[str, list[Reason]] = {}
    for code in codes:
        reasons = why_not(named[code], need, way) if code in named else [Reason("unknown")]
        if reasons:
            passed[code] = reasons
    return Choice(tuple(Ranked(c, way) for c in codes if c not in passed), False, passed)


def _with(choice: Choice, pool: list[Reason]) -> Choice:
    return Choice(choice.ranking, False, {**choice.why_not, IN_POOL: pool})
