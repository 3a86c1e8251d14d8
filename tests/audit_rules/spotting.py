"""Turns the second readings of `spots/` into prescriptions, each with what the engine has to say and in which words.

A probe is one question: a document, the categories that may answer, the least and the most severe answer allowed.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from audit_rules import audit
from audit_rules.report import Severity
from tests.audit_rules import reading

SPOTS = Path(__file__).parent / "spots"
TIMES = {1: "qd", 2: "bid", 3: "tid", 4: "qid", 5: "一日5次", 6: "q4h"}
KIDNEY = {"renal", "lab", "disease", "dose"}
PAIRED = {"interaction", "duplicate"}
YOUNG = {"age", "dose"}
LONG = {"duration", "legality", "form"}
SAID = {
    "critical": Severity.CRITICAL, "major": Severity.MAJOR, "moderate": Severity.MODERATE, "ok": Severity.INFO,
}  # fmt: skip
# The engine may be one step safer than the reading, never two, and never weaker. What is `ok` may have a remark.
SHRILL = {
    "critical": Severity.CRITICAL, "major": Severity.CRITICAL, "moderate": Severity.MAJOR, "ok": Severity.MODERATE,
}  # fmt: skip
NURSING = {
    "forbidden": (Severity.MAJOR, None), "avoid": (Severity.MODERATE, None), "ok": (None, Severity.MODERATE),
}  # fmt: skip
# A contraindication by disease or age is `critical` or `major` as the danger goes: a pharmacist holds both.
HELD = {"critical": Severity.MAJOR, "major": Severity.MAJOR, "moderate": Severity.MODERATE}
# A pair stands one step lower at most: what both labels advise differs by as much.
PAIR = {"critical": Severity.MAJOR, "major": Severity.MODERATE, "moderate": Severity.INFO}


class Probe(NamedTuple):
    """One question to the engine. `least` None = it may keep silent, `most` None = any answer will do."""

    drug: str
    kind: str
    about: str
    spec: dict[str, Any]
    categories: set[str]
    least: Severity | None
    most: Severity | None

    def answer(self) -> Severity | None:
        """The strongest finding in the categories, None where there is none."""
        found = audit(reading.case(self.spec)).findings
        return max((f.severity for f in found if f.category in self.categories), default=None)

    def fails(self) -> str | None:
        """What is wrong with the answer, None where nothing is."""
        said = self.answer()
        if self.least is not None and (said is None or said < self.least):
            return f"{self}: at least {self.least.name} expected, {said and said.name} found"
        if self.most is not None and said is not None and said > self.most:
            return f"{self}: at most {self.most.name} expected, {said.name} found"
        return None

    def __str__(self) -> str:
        return f"{self.drug} / {self.kind} / {self.about}"


@cache
def spots() -> dict[str, dict[str, Any]]:
    """Every reading, by drug."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(SPOTS.glob("*.yaml")):
        here = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert not here.keys() & found.keys(), f"{path.name}: read twice"
        found |= here
    return found


def probes(drug: str) -> Iterator[Probe]:
    """All questions that follow from one reading."""
    spot = spots()[drug]
    for question in (
        _doses,
        _child,
        _renal,
        _pregnancy,
        _lactation,
        _diseases,
        _age,
        _pairs,
        _course,
        _allergy,
    ):
        for kind, about, spec, categories, least, most in question(drug, spot):
            yield Probe(drug, kind, about, spec, categories, least, most)


Asked = Iterator[tuple[str, str, dict[str, Any], set[str], Severity | None, Severity | None]]


def _line(drug: str, text: str, times: float = 1, days: int = 3) -> tuple[str, list[str]]:
    """An item at the largest daily dose times `times`, and the diagnoses that the dose is for."""
    route, single, daily, unit, *rest = text.split()
    codes = [word for word in rest if word[0].isupper()]
    given = next((word for word in rest if word[0].islower()), None)
    count = int(float(daily) / float(single) + 1e-9)
    each = float(single) if times == 1 else float(daily) / count * times
    return f"{drug} {each:g} {unit} {route} {given or TIMES[count]} {days}d", codes


def usual(drug: str, days: int = 3) -> tuple[Any, list[str]]:
    """A line of the drug as its reading has it; without a dose where the reading has none."""
    spot = spots().get(drug, {})
    name = spot.get("written", drug)
    if "adult" in spot:
        return _line(name, spot["adult"][0], days=days)
    return {"drug": {"name": name}, "route": spot.get("route", "oral"), "days": days}, []


def _case(drug: str, days: int = 3, **patient: Any) -> dict[str, Any]:
    item, codes = usual(drug, days)
    sex = "female" if spots()[drug].get("sex") == "female" else "male"
    return {
        "patient": {"age": 40, "sex": sex, "weight_kg": 70} | patient,
        "diagnoses": codes,
        "items": [item],
    }


def _doses(drug: str, spot: dict[str, Any]) -> Asked:
    name = spot.get("written", drug)
    for text in spot.get("adult", []):
        for times, least, most in ((1, None, Severity.MODERATE), (2, Severity.MAJOR, None)):
            item, codes = _line(name, text, times)
            spec = _case(drug) | {"items": [item], "diagnoses": codes}
            yield "dose", f"{times} x {text}", spec, {"dose"}, least, most


def _child(drug: str, spot: dict[str, Any]) -> Asked:
    if "child" not in spot:
        return
    route, amount, unit, *rest = spot["child"].split()
    age = [int(word) for word in rest if word.isdigit()]
    often = next((word for word in rest if not word.isdigit()), "tid")
    years, weight = (age[0], 35) if age else (6, 20)
    count = next(count for count, word in TIMES.items() if word == often)
    daily = float(amount) * (weight if unit == "mg/kg" else 1)
    for times, least, most in ((1, None, Severity.MODERATE), (2, Severity.MAJOR, None)):
        item = f"{spot.get('written', drug)} {daily * times / count:g} mg {route} {often} 3d"
        spec = {"patient": {"age": years, "weight_kg": weight}, "items": [item]}
        yield "child", f"{times} x {spot['child']}", spec, {"dose"}, least, most


def _renal(drug: str, spot: dict[str, Any]) -> Asked:
    for what, bound in spot.get("renal", {}).items():
        spec = _case(drug, egfr=bound - 1, crcl=bound - 1)
        least = Severity.MAJOR if what == "stop" else Severity.MODERATE
        yield "renal", f"{what} {bound}", spec, KIDNEY, least, None


def _pregnancy(drug: str, spot: dict[str, Any]) -> Asked:
    told = spot.get("pregnancy", {})
    for week, severity in (told if isinstance(told, dict) else {12: told}).items():
        spec = _case(drug, sex="female", age=30, pregnant=True, pregnancy_weeks=week)
        least = None if severity == "ok" else SAID[severity]
        yield "pregnancy", f"week {week} {severity}", spec, {"pregnancy"}, least, SHRILL[severity]


def _lactation(drug: str, spot: dict[str, Any]) -> Asked:
    if told := spot.get("lactation"):
        spec = _case(drug, sex="female", age=30, lactating=True)
        yield "lactation", told, spec, {"lactation"}, *NURSING[told]


def _diseases(drug: str, spot: dict[str, Any]) -> Asked:
    for code, severity in spot.get("disease", {}).items():
        spec = _case(drug)
        spec["diagnoses"] = [*spec["diagnoses"], *code.split("+")]
        categories = {"disease", "hepatic", "renal"}
        yield "disease", f"{code} {severity}", spec, categories, HELD[severity], SHRILL[severity]


def _age(drug: str, spot: dict[str, Any]) -> Asked:
    for years, severity in spot.get("age", {}).items():
        days = round(years * 365 * 0.95)
        spec = _case(drug, age=f"{days}d")
        yield "age", f"under {years} {severity}", spec, YOUNG, HELD[severity], SHRILL[severity]
    if sex := spot.get("sex"):
        spec = _case(drug, sex="male" if sex == "female" else "female")
        yield "sex", f"for the {sex}", spec, {"sex"}, Severity.MAJOR, None


def _pairs(drug: str, spot: dict[str, Any]) -> Asked:
    for other, severity in spot.get("with", {}).items():
        spec = _case(drug)
        spec["items"] = [*spec["items"], usual(other)[0]]
        yield "interaction", f"{other} {severity}", spec, PAIRED, PAIR[severity], SHRILL[severity]


def _course(drug: str, spot: dict[str, Any]) -> Asked:
    if days := spot.get("days"):
        yield "course", f"{days} days", _case(drug, days=2 * days), LONG, Severity.MODERATE, None


def _allergy(drug: str, spot: dict[str, Any]) -> Asked:
    if told := spot.get("allergy"):
        substance = told.removesuffix(" moderate")
        least = Severity.MAJOR if substance == told else Severity.MODERATE
        yield "allergy", f"to {told}", _case(drug, allergies=[substance]), {"allergy"}, least, None
