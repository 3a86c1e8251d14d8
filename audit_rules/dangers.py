"""Which interactions speak of the danger that a stack counts: by the words of their effect."""

from functools import lru_cache
from typing import NamedTuple


class Danger(NamedTuple):
    """A danger and the words, in the English effect of an interaction, that name it."""

    name: str
    words: tuple[str, ...]


_QT = Danger("qt", ("QT prolong", "QT risk", "QT effect", "torsades"))
_BLEEDING = Danger("bleeding", ("leeding",))
_KIDNEY = Danger("kidney", ("idney harm", "idney injury", "renal harm"))
DANGERS = {  # by the stack of `stacks.csv`
    "anticholinergic": Danger("anticholinergic", ("nticholinergic effects add",)),
    "antithrombotic": _BLEEDING,
    "bleeding": _BLEEDING,
    "bradycardia": Danger("bradycardia", ("radycardia", "AV block", "AV conduction")),
    "cns": Danger("cns", ("edation", "espiratory depression", "rowsiness")),
    "hypoglycaemia": Danger("hypoglycaemia", ("ypoglycaemia",)),
    "hypokalaemia": Danger("hypokalaemia", ("ow potassium", "otassium falls")),
    "marrow": Danger("marrow", ("arrow suppression", "eutropenia")),
    "muscle": Danger("muscle", ("yopathy", "habdomyolysis")),
    "nephrotoxic": _KIDNEY,
    "orthostatic": Danger("orthostatic", ("ypotension",)),
    "potassium": Danger("potassium", ("igh potassium",)),
    "qt": _QT,
    "qt_wide": _QT,
    "seizure": Danger("seizure", ("onvulsions", "eizure")),
    "serotonin": Danger("serotonin", ("erotonin syndrome", "erotonergic effects add")),
    "sodium": Danger("sodium", ("ow sodium",)),
    "triple_whammy": _KIDNEY,
}


@lru_cache(maxsize=4096)
def dangers_in(effect: str) -> tuple[str, ...]:
    """The dangers that an effect names, each once."""
    return tuple(dict.fromkeys(d.name for d in DANGERS.values() if any(word in effect for word in d.words)))
