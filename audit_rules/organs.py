"""Kidney and liver as the dose rules see them: measured, or as far as coded diseases tell."""

from collections.abc import Iterator
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from audit_rules import liver
from audit_rules.items import Use
from audit_rules.knowledge.dose_rows import LiverLimit, RenalBand
from audit_rules.limits import by_route
from audit_rules.memo import listed, per_case, per_line
from audit_rules.together import in_a_day

if TYPE_CHECKING:
    from audit_rules.case import Case
    from audit_rules.catalogue import Catalogue
    from audit_rules.patient import Lab

# Stages of chronic kidney disease (KDIGO) by ICD-10: lower and upper bound of the GFR; None = open.
STAGES = (
    ("N181", Decimal(90), None),
    ("N182", Decimal(60), Decimal(90)),
    ("N1831", Decimal(45), Decimal(60)),
    ("N1832", Decimal(30), Decimal(45)),
    ("N183", Decimal(30), Decimal(60)),
    ("N184", Decimal(15), Decimal(30)),
    ("N180", Decimal(0), Decimal(15)),  # end-stage disease in the Chinese edition
    ("N185", Decimal(0), Decimal(15)),
    ("N186", Decimal(0), Decimal(15)),
    ("Z992", Decimal(0), Decimal(15)),
    ("Z491", Decimal(0), Decimal(15)),
)
STAGED = tuple(prefix for prefix, _, _ in STAGES)
# Diseases in which nobody may assume healthy kidneys.
KIDNEY_RISK = ("N03", "N04", "N17", "N18", "N19", "I12", "I13", "E102", "E112", "Z940", "Z992", "Z491")
OLD = 75  # years from which a serious renal drug needs a kidney function
STALE = 365  # days after which a laboratory value says little about today
ALT_ACTIVE = Decimal(120)  # U/L: three times an upper limit of 40


_FROM = attrgetter("from_")


class Kidney(NamedTuple):
    """GFR between `low` (inclusive) and `high` (exclusive; None = open); a measured value is a point."""

    low: Decimal
    high: Decimal | None
    shown_by: "Lab | str"  # the value, or the coded stage
    days_old: int

    @property
    def evidence(self) -> dict[str, str]:
        """What shows it, as a finding says it."""
        if isinstance(self.shown_by, str):
            return {"condition": self.shown_by}
        return self.shown_by.evidence("crcl" if self.shown_by.unit == "mL/min" else "egfr")


@per_case
def kidney(case: "Case", metric: str) -> Kidney | None:
    """eGFR or creatinine clearance, measured or computed, else the coded stage; None where nothing is known."""
    patient = case.patient
    lab = patient.crcl() or patient.egfr() if metric == "crcl" else patient.egfr() or patient.crcl()
    if lab is not None:
        return Kidney(lab.value, lab.value, lab, (case.issued_at - lab.at).days)
    staged = case.icd(STAGED)
    for prefix, low, high in STAGES if staged else ():
        if any(code.startswith(prefix) for code in staged):
            return Kidney(low, high, prefix, 0)
    return None


def at_risk(case: "Case") -> bool:
    """Whether kidneys may not be taken for healthy: old age or a coded kidney disease."""
    return case.patient.age_years >= OLD or case.has_icd(KIDNEY_RISK)


def bands_for(case: "Case", use: Use) -> tuple[RenalBand, ...]:
    """The renal bands that meet the use: those for the patient's diseases, else those without any."""
    ordinary, special = _bands(use, case.catalogue)
    return tuple([row for row in special if case.has_icd(row.icd)]) or ordinary if special else ordinary


@per_line
def _bands(use: Use, catalogue: "Catalogue") -> tuple[tuple[RenalBand, ...], tuple[RenalBand, ...]]:
    """The bands of the drug by the route of the line: those for anybody, and those for some diseases."""
    rows: tuple[RenalBand, ...] = catalogue.table("renal").get(use.ingredient, ())
    met = [row for row in rows if by_route(row.routes, use.item)]
    return tuple(row for row in met if not row.icd), tuple(row for row in met if row.icd)


class Worry(NamedTuple):
    """From which GFR on no band of a drug asks for anything; None = there is no such bound."""

    metric: str
    above: Decimal | None


@per_line
def _worry(use: Use, catalogue: "Catalogue") -> Worry | None:
    """A quick no before the bands are read; None where the drug has none that asks for anything."""
    bands = [band for rows in _bands(use, catalogue) for band in rows]
    asking = [band for band in bands if band.verdict != "ok"]
    if not asking:
        return None
    metric, tops = bands[0].metric, [band.to for band in asking]
    known = [top for top in tops if top is not None]
    certain = len(known) == len(tops) and all(band.metric == metric for band in bands)
    return Worry(metric, max(known) if certain else None)


def inside(band: RenalBand, found: Kidney) -> bool:
    """Whether the band holds some of what the GFR may be."""
    if found.high == found.low:
        return band.from_ <= found.low and (band.to is None or found.low < band.to)
    above = found.high is None or band.from_ < found.high
    return above and (band.to is None or found.low < band.to)


@listed
def verdicts(case: "Case") -> Iterator[tuple[Use, RenalBand, Kidney]]:
    """Each use with the band it falls in, where that asks for something. Where only a stage is known, the mildest
    band of it; never a guess up.
    """
    if not case.patient.lab_codes and not case.icd(STAGED):
        return
    for use in in_a_day(case):
        worry = _worry(use, case.catalogue)
        if worry is None:
            continue
        found = kidney(case, worry.metric)
        if found is None or (worry.above is not None and found.low >= worry.above):
            continue
        rows = bands_for(case, use)
        found = kidney(case, rows[0].metric) if rows else None
        met = [band for band in rows if found and inside(band, found)]
        band = max(met, key=_FROM) if met else None
        if found and band and band.verdict != "ok":
            yield use, band, found


def _coded_states(case: "Case") -> dict[str, str]:
    """States with the first code that shows them, remembered for all who have the same codes."""
    states: dict[str, tuple[str, ...]] = case.catalogue.table("liver_states")
    coded = case.patient.coded
    kept = coded.memory.get(id(states))
    if kept is None:
        met = {state: coded.under(prefixes) for state, prefixes in states.items()}
        found = {state: codes[0] for state, codes in met.items() if codes}
        kept = coded.memory[id(states)] = (states, found)  # the table stays, so does its id
    return dict(kept[1])


@per_case
def liver_states(case: "Case") -> dict[str, str]:
    """States of the liver with what shows them: coded diseases, transaminases above three times normal, and the
    Child-Pugh class of a cirrhosis as far as it is known.
    """
    found = _coded_states(case)
    for code in ("alt", "ast") if case.patient.lab_codes else ():
        lab = case.patient.lab(code, max_age_days=STALE // 4)
        if lab is not None and lab.value > ALT_ACTIVE:
            found.setdefault("active", lab.evidence(code)[code])
    if "cirrhosis" in found:
        points, told = liver.child_pugh(case)
        for state, least in (("child_b", liver.CLASS_B), ("failure", liver.CLASS_C)):
            if points >= least:
                found.setdefault(state, f"Child-Pugh >= {points} ({told})")
    return found


@listed
def liver_limits(case: "Case") -> Iterator[tuple[Use, LiverLimit, dict[str, str]]]:
    """Each use with each liver row that applies, and the evidence of the state."""
    rows: dict[str, tuple[LiverLimit, ...]] = case.catalogue.table("hepatic")
    concerned = [use for use in in_a_day(case) if use.ingredient in rows]
    states = liver_states(case) if concerned else {}
    for use in concerned:
        for row in rows[use.ingredient]:
            met = [state for state in row.states if state in states]
            if (
                met
                and by_route(row.routes, use.item)
                and not (row.except_icd and case.has_icd(row.except_icd))
            ):
                yield use, row, {"liver": f"{met[0]}: {states[met[0]]}"}
