"""Documents that pass the audit, with lines of known quantities."""

import copy
from datetime import date, timedelta
from typing import Any

from rxcenter.api.examples import PRESCRIPTION

TO_BOTH = {"nominated": ["P0001", "P0002"], "delivery": "pickup"}
TO_OAK = {"nominated": ["P0001"], "delivery": "pickup"}
POOL = {"nominated": [], "delivery": "pickup", "consent": True}
LONG = {"long_term": True, "programme": {"long_term_evaluated": True, "patient_confirmed": True}}
DIAGNOSES = [("I10", "高血压"), ("E78.5", "高脂血症"), ("J45.9", "哮喘")]


def tablets(line: int, days: int = 7, name: str = "苯磺酸氨氯地平片", dose: float = 5) -> dict[str, Any]:
    """One tablet a day: as many tablets as days."""
    strength = {"value": dose, "unit": "mg"}
    return {
        "line": line, "drug": {"name": name}, "form": "tablet", "strength": strength, "dose": strength, "route": "oral",
        "frequency": "qd", "days": days, "quantity": {"value": days, "unit": "tablet"},
    }  # fmt: skip


def statin(line: int, days: int = 7) -> dict[str, Any]:
    return tablets(line, days, "阿托伐他汀钙片", 20)


def capsules(line: int, days: int = 7) -> dict[str, Any]:
    made = tablets(line, days, "缬沙坦胶囊", 80)
    return {**made, "form": "capsule", "quantity": {"value": days, "unit": "capsule"}}


def inhaler(line: int) -> dict[str, Any]:
    puff = {"value": 1, "unit": "puff"}
    return {
        "line": line, "drug": {"name": "布地奈德福莫特罗粉吸入剂"}, "form": "inhalation powder", "strength": puff,
        "dose": puff, "route": "inhalation", "frequency": "bid", "days": 28, "quantity": {"value": 1, "unit": "box"},
    }  # fmt: skip


def paper(number: str, issued_at: str, *items: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A document of these lines (one line of 7 tablets when none is given)."""
    made = copy.deepcopy(PRESCRIPTION)
    made |= {"number": number, "issued_at": issued_at, "items": list(items) or [tablets(1)]}
    made["diagnoses"] = [{"code": code, "name": name} for code, name in DIAGNOSES]
    made["patient"]["phone"] = "13912345678"
    return {**made, **changes}


def windows(today: date, *starts: int, days: int = 10) -> list[dict[str, Any]]:
    """Issues that begin so many days from today."""
    return [
        {
            "issue": n,
            "start": (today + timedelta(days=start)).isoformat(),
            "end": (today + timedelta(days=start + days - 1)).isoformat(),
        }
        for n, start in enumerate(starts, 1)
    ]
