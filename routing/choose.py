"""In which order dispensers are asked. Pure; every dispenser that is passed over comes with its reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from routing.eligible import Candidate, Need, Reason, Way, stays_in_house, why_not

IN_POOL = "pool"  # key of why_not for the open pool as a whole


@dataclass(frozen=True, slots=True)
class Choice:
    """`ranked` are asked one after the other, then the open pool where `pool` is set; both empty = unroutable.

    `why_not` holds {code: [reasons]} of those named and passed over; under "pool" why there is no open pool.
    """

    ranked: tuple[str, ...] = ()
    pool: bool = False
    why_not: dict[str, list[Reason]] = field(default_factory=dict)

    @property
    def routable(self) -> bool:
        return bool(self.ranked) or self.pool


def choose(
    need: Need, nominated: Sequence[str] | None, named: Mapping[str, Candidate], pool: Sequence[Candidate]
) -> Choice:
    """Rank the dispensers of one prescription.

    `nominated` is None when the document has no routing: then the institution's own pharmacy; so too when it names
    nobody and the patient did not consent to the open pool. `named` holds the
    candidates among own and nominated by code; `pool` those that take orders of the open pool.
    Drugs that must stay in-house go to the own pharmacy whoever was nominated; the reasons say so.
    """
    if not nominated and (nominated is None or not need.consent):
        home = _rank([need.own], Way.OWN, need, named)
        return home if nominated is None else _with(home, [Reason("no_consent")])
    if stays_in_house(need):
        passed = _rank([c for c in nominated if c != need.own], Way.NOMINATED, need, named)
        home = _rank([need.own], Way.OWN, need, named)
        return Choice(home.ranked, False, {**passed.why_not, **home.why_not})
    choice = _rank(list(dict.fromkeys(nominated)), Way.NOMINATED, need, named)
    if not need.consent:
        return choice if choice.routable else _with(choice, [Reason("no_consent")])
    reasons = [why_not(c, need, Way.POOL) for c in pool]
    if any(not r for r in reasons):
        return Choice(choice.ranked, True, choice.why_not)
    return _with(choice, list(dict.fromkeys(r for rs in reasons for r in rs)) or [Reason("not_in_pool")])


def _rank(codes: list[str], way: Way, need: Need, named: Mapping[str, Candidate]) -> Choice:
    passed: dict[str, list[Reason]] = {}
    for code in codes:
        reasons = why_not(named[code], need, way) if code in named else [Reason("unknown")]
        if reasons:
            passed[code] = reasons
    return Choice(tuple(c for c in codes if c not in passed), False, passed)


def _with(choice: Choice, pool: list[Reason]) -> Choice:
    return Choice(choice.ranked, False, {**choice.why_not, IN_POOL: pool})
