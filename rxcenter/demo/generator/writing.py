"""Writes rx/1 documents in the manner of the institution that issues them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from random import Random
from typing import Any

from rxcenter.demo.generator.formulas import Formula
from rxcenter.demo.generator.people import Person
from rxcenter.demo.generator.places import Place, Prescriber
from rxcenter.demo.generator.products import PRODUCTS
from rxcenter.demo.generator.scenarios import Scenario

Document = dict[str, Any]
_ROUTES_ZH = {
    "oral": "口服",
    "topical": "外用",
    "inhaled": "吸入",
    "intravenous_infusion": "静脉滴注",
    "intrathecal": "鞘内注射",
}
_FREQUENCIES_ZH = {"qd": "每日1次", "bid": "每日2次", "tid": "每日3次", "qn": "每晚1次", "prn": "必要时"}
_LABS = {
    "egfr": ((72, 108), "mL/min/1.73m2"),
    "potassium": ((3.8, 4.7), "mmol/L"),
    "hba1c": ((6.3, 7.6), "%"),
    "alt": ((12, 38), "U/L"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line to write: a product, and what differs from its usual directions."""

    product: str
    days: int
    dose: tuple[str, str] | None = None
    frequency: str | None = None
    name: str | None = None


def number(place: Place, at: datetime, serial: int) -> str:
    """The institution's own number; the minute in it keeps two runs of a demo apart."""
    return f"{place.code}-{at:%Y%m%d}-{at:%H%M}-{serial:05d}"


def western(
    rng: Random,
    place: Place,
    person: Person,
    lines: Sequence[Line],
    diagnoses: Sequence[tuple[str, str]],
    *,
    number: str,
    at: datetime,
    scenario: Scenario,
    setting: str = "outpatient",
    prescriber: Prescriber | None = None,
) -> Document:
    """A prescription of western or patent medicines."""
    right = "narcotic" if scenario.name == "cancer-pain" else None
    doctor = prescriber or _doctor(rng, place, "western", right)
    document = _frame(rng, place, person, number, at, setting, doctor)
    longest = max(line.days for line in lines)
    document |= {
        "kind": "western",
        "long_term": scenario.long_term,
        "department": {"code": scenario.department[0], "name": scenario.department[1]},
        "diagnoses": [{"code": code, "name": name} for code, name in diagnoses],
        "items": [_item(n, line, _speaks_chinese(place)) for n, line in enumerate(lines, 1)],
        "herbal": None,
        "reasons": {"over_supply": _over_supply(longest, scenario.long_term), "double_signed_by": None},
        "programme": _programme(scenario),
    }
    if scenario.long_term:
        measured = document["patient"]["observations"]
        known = {one["code"] for one in measured}
        document["patient"]["observations"] = [o for o in _labs(rng, at) if o["code"] not in known] + measured
    if scenario.name == "cancer-pain":
        document["routing"] = None
    return document


def herbal(
    rng: Random,
    place: Place,
    person: Person,
    formula: Formula,
    *,
    number: str,
    at: datetime,
    extra: Sequence[tuple[str, int, str]] = (),
) -> Document:
    """A decoction: grams of each piece per dose."""
    document = _frame(rng, place, person, number, at, "outpatient", _doctor(rng, place, "tcm"))
    pieces = (*formula.pieces, *extra)
    document |= {
        "kind": "herbal",
        "long_term": False,
        "department": {"code": "5001", "name": "中医内科"},
        "diagnoses": [{"code": formula.diagnosis[0], "name": formula.diagnosis[1]}],
        "items": [
            {
                "line": n,
                "drug": {"name": name},
                "dose": {"value": grams, "unit": "g"},
                "instructions": note or None,
            }
            for n, (name, grams, note) in enumerate(pieces, 1)
        ],
        "herbal": {
            "doses": rng.choice((3, 5, 7)),
            "per_day": 1,
            "usage": "水煎服, 每日1剂, 分2次",
            "disease": formula.disease,
            "syndrome": formula.syndrome,
        },
        "reasons": {"over_supply": None, "double_signed_by": None},
        "programme": None,
    }
    return document


def _frame(
    rng: Random, place: Place, person: Person, number: str, at: datetime, setting: str, prescriber: Prescriber
) -> Document:
    issued = at.isoformat(timespec="seconds")
    return {
        "format": "rx/1",
        "number": number,
        "revision": 1,
        "setting": setting,
        "fee_type": rng.choice(("医保", "医保", "自费")),
        "visit_number": f"{at:%y%m%d}{rng.randrange(10**5):05d}",
        "issued_at": issued,
        "institution": {
            "code": place.code,
            "kind": place.kind,
            "type": place.type,
            "level": place.level or None,
        },
        "prescriber": {
            "id": prescriber.id,
            "name": prescriber.name,
            "title": prescriber.title,
            "licence": prescriber.licence,
            "registered": True,
            "practice": prescriber.practice,
            "rights": list(prescriber.rights),
            "cosigned_by": None,
        },
        "patient": person.as_patient(place, issued),
        "visit": {"revisit": True, "offline_record": "门诊病历"} if setting == "internet" else None,
        "routing": _routing(rng, person, setting),
        "signature": f"CA:{prescriber.id}",
    }


def _doctor(rng: Random, place: Place, practice: str, right: str | None = None) -> Prescriber:
    fitting = [p for p in place.prescribers if p.practice == practice and p.title != "assistant"]
    fitting = [p for p in fitting if right in p.rights] or fitting
    return rng.choice(fitting or list(place.prescribers))


def _item(line: int, wanted: Line, chinese: bool) -> Document:
    product = PRODUCTS[wanted.product]
    dose, frequency = wanted.dose or product.dose, wanted.frequency or product.frequency
    units = (product.per_day * wanted.days).to_integral_value(ROUND_CEILING)
    return {
        "line": line,
        "drug": {"name": wanted.name or product.name},
        "form": product.form,
        "strength": _quantity(product.strength),
        "dose": _quantity(dose),
        "route": _ROUTES_ZH[product.route] if chinese else product.route,
        "frequency": _FREQUENCIES_ZH.get(frequency, frequency) if chinese else frequency,
        "days": wanted.days,
        "quantity": {"value": int(units), "unit": product.pack},
    }


def _quantity(amount: tuple[str, str] | None) -> Document | None:
    if amount is None:
        return None
    value = Decimal(amount[0])
    return {"value": int(value) if value == value.to_integral_value() else float(value), "unit": amount[1]}


def _speaks_chinese(place: Place) -> bool:
    """Whether its system writes words (口服, 每日1次) or codes (oral, qd)."""
    return place.kind == "primary_care" or int(place.code[1:]) % 2 == 0


def _over_supply(days: int, long_term: bool) -> str | None:
    if days <= 7:
        return None
    return "慢性病长期用药" if long_term else "病情需要, 复诊不便"


def _programme(scenario: Scenario) -> Document | None:
    if scenario.name == "cancer-pain":
        return {"cancer_pain_file": True, "consent": True}
    if scenario.long_term:
        return {"long_term_evaluated": True, "patient_confirmed": True}
    return None


def _labs(rng: Random, at: datetime) -> list[Document]:
    seen = (at - timedelta(days=rng.randint(3, 40))).replace(hour=8, minute=0, second=0, microsecond=0)
    return [
        {"code": code, "value": round(rng.uniform(*bounds), 1), "unit": unit, "at": seen.isoformat()}
        for code, (bounds, unit) in _LABS.items()
    ]


def _routing(rng: Random, person: Person, setting: str) -> Document | None:
    """The patient's wish: mostly the institution's own pharmacy; internet care always names pharmacies."""
    draw = rng.random()
    shops = [f"P{n:04d}" for n in rng.sample(range(1, 13), 2)]
    if setting == "internet":
        if draw < 0.5:
            address = {
                "text": f"{person.seen_at[0].district}示范小区{rng.randint(1, 30)}号楼",
                "phone": person.phone,
            }
            return {"nominated": shops, "delivery": "delivery", "address": address, "consent": True}
        return {"nominated": shops, "delivery": "pickup", "address": None, "consent": True}
    if draw < 0.72:
        return None
    if draw < 0.92:
        return {"nominated": shops[:1], "delivery": "pickup", "address": None, "consent": True}
    return {"nominated": [], "delivery": "pickup", "address": None, "consent": True}
