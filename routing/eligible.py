"""Who may dispense what, decided before anyone is ranked. Pure: facts in, reasons out."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from rxcenter.errors import Words

# Groups whose supply never leaves the prescribing institution (处方管理办法; 麻醉药品和精神药品管理条例;
# 医疗用毒性药品管理办法; what retail pharmacies may not sell: precursors; special-grade antimicrobials).
# `in_house`: the label or the register says so.
IN_HOUSE = frozenset(
    {"narcotic", "psychotropic_1", "toxic", "radioactive", "precursor", "in_house", "antimicrobial_special"}
)
# Groups a dispenser needs an entry in its licences for. Injections and blood products are authorised dispenser by
# dispenser outside the house; inside, the institution's own practice licence covers them.
LICENSED = frozenset({"narcotic", "psychotropic_1", "psychotropic_2", "toxic", "cold_chain", "herbal"})
LICENSED_OUTSIDE = frozenset({"injection", "blood_product"})
KNOWN_GROUPS = IN_HOUSE | LICENSED | LICENSED_OUTSIDE


class Way(Enum):
    """How a dispenser comes into question."""

    OWN = "own"
    NOMINATED = "nominated"
    POOL = "pool"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the register says of one dispenser. `regions`: where it delivers; empty = everywhere."""

    code: str
    active: bool = True
    in_pool: bool = False
    delivers: bool = False
    regions: frozenset[str] = frozenset()
    licences: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Need:
    """What one approved prescription asks of its dispenser.

    `groups` is None when nobody classified the drugs. `region` is the delivery region as written, None when not given.
    """

    own: str  # code of the prescribing institution
    groups: frozenset[str] | None
    setting: str = "outpatient"
    delivery: bool = False
    region: str | None = None
    consent: bool = False
    insurance: bool = False  # the medical insurance pays: designated dispensers come first


class Reason(NamedTuple):
    """Why not: a code from REASONS, with the drug group it is about where there is one."""

    code: str
    group: str = ""

    def __str__(self) -> str:
        return f"{self.code}:{self.group}" if self.group else self.code


REASONS: dict[str, Words] = {
    "unknown": Words("登记册中没有该调配机构", "no such dispenser in the register"),
    "inactive": Words("该调配机构已停用", "the dispenser is not active"),
    "inpatient": Words("住院处方只能在本机构调配", "an inpatient prescription is dispensed in-house only"),
    "in_house_only": Words("该类药品只能在本机构调配", "drugs of this group are dispensed in-house only"),
    "unclassified": Words(
        "药品类别未知,只能在本机构调配", "the drugs' groups are not known, so they stay in-house"
    ),
    "no_licence": Words("该调配机构没有此类药品的许可", "the dispenser has no licence for this drug group"),
    "not_in_pool": Words("该调配机构不参加公开调配", "the dispenser takes no orders of the open pool"),
    "not_nominated": Words("患者未指定该调配机构", "the patient did not nominate this dispenser"),
    "no_consent": Words("患者未同意", "the patient's consent is not on the prescription"),
    "does_not_deliver": Words("该调配机构不配送", "the dispenser does not deliver"),
    "outside_area": Words("不在其配送区域内", "the address is outside its delivery area"),
    "area_unknown": Words(
        "未写明配送区域", "the delivery region is not written, and it delivers to some regions only"
    ),
}


def stays_in_house(need: Need) -> list[Reason]:
    """Reasons why the drugs may not leave the prescribing institution; empty when they may."""
    reasons = [Reason("inpatient")] if need.setting == "inpatient" else []
    if need.groups is None:
        return [*reasons, Reason("unclassified")]
    reasons += [Reason("in_house_only", g) for g in sorted(need.groups & IN_HOUSE)]
    # A group this table does not know may carry a rule it does not know.
    return reasons + [Reason("unclassified", g) for g in sorted(need.groups - KNOWN_GROUPS)]


def why_not(candidate: Candidate, need: Need, way: Way) -> list[Reason]:
    """Every reason why this dispenser may not fill this prescription this way; empty = eligible."""
    own = candidate.code == need.own
    reasons = [] if candidate.active else [Reason("inactive")]
    if not own:
        reasons += stays_in_house(need)
    reasons += _unlicensed(candidate, need, own)
    if way is Way.POOL:
        reasons += [] if candidate.in_pool else [Reason("not_in_pool")]
        reasons += [] if need.consent else [Reason("no_consent")]
    if need.delivery:
        reasons += _undeliverable(candidate, need)
    return list(dict.fromkeys(reasons))


def _unlicensed(candidate: Candidate, need: Need, own: bool) -> list[Reason]:
    asked = LICENSED if own else LICENSED | LICENSED_OUTSIDE
    missing = ((need.groups or frozenset()) & asked) - candidate.licences
    return [Reason("no_licence", group) for group in sorted(missing)]


def _undeliverable(candidate: Candidate, need: Need) -> list[Reason]:
    reasons = [] if need.consent else [Reason("no_consent")]
    if not candidate.delivers:
        return [*reasons, Reason("does_not_deliver")]
    if candidate.regions and need.region is None:
        return [*reasons, Reason("area_unknown")]
    if candidate.regions and need.region not in candidate.regions:
        return [*reasons, Reason("outside_area")]
    return reasons
