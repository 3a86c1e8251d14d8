"""Kidney function from creatinine, in Decimals so that every machine gets the same digits.

Sources: CKD-EPI 2021 without race (Inker et al., N Engl J Med 2021;385:1737); bedside Schwartz 2009 for children;
Cockcroft-Gault 1976. Creatinine is in umol/L.
"""

from decimal import Decimal
from functools import lru_cache

UMOL_PER_MG_DL = Decimal("88.4")
ADULT = 18


@lru_cache(maxsize=4096)
def egfr(creatinine: Decimal, age: int, sex: str, height_cm: Decimal | None) -> tuple[Decimal, str] | None:
    """eGFR in mL/min/1.73m2 with the name of its formula; None where an input is missing."""
    if creatinine <= 0:
        return None
    serum = creatinine / UMOL_PER_MG_DL
    if age < ADULT:
        return (_tenth(Decimal("0.413") * height_cm / serum), "bedside Schwartz 2009") if height_cm else None
    if sex not in ("female", "male"):
        return None
    female = sex == "female"
    ratio = serum / (Decimal("0.7") if female else Decimal("0.9"))
    below = min(ratio, Decimal(1)) ** (Decimal("-0.241") if female else Decimal("-0.302"))
    above = max(ratio, Decimal(1)) ** Decimal("-1.200")
    value = 142 * below * above * Decimal("0.9938") ** age * (Decimal("1.012") if female else 1)
    return _tenth(value), "CKD-EPI 2021"


@lru_cache(maxsize=4096)
def crcl(creatinine: Decimal, age: int, sex: str, weight_kg: Decimal) -> Decimal | None:
    """Creatinine clearance in mL/min for adults; None for children and unknown sex."""
    if creatinine <= 0 or age < ADULT or sex not in ("female", "male"):
        return None
    value = (140 - age) * weight_kg / (72 * creatinine / UMOL_PER_MG_DL)
    return _tenth(max(value, Decimal(0)) * (Decimal("0.85") if sex == "female" else 1))


def _tenth(value: Decimal) -> Decimal:
    return round(value, 1)
