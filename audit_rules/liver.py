"""Child-Pugh of a coded cirrhosis, as far as laboratory values and codes tell: a lower bound, never a guess up."""

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit_rules.case import Case

YOUNG = 90  # days a value may be old
# Laboratory code, two points beyond the first bound, three beyond the second. Falling values are worse where negative.
BOUNDS = (
    ("bilirubin", 1, Decimal(34), Decimal(51)),  # umol/L
    ("albumin", -1, Decimal(35), Decimal(28)),  # g/L
    ("inr", 1, Decimal("1.7"), Decimal("2.3")),
)
ASCITES = ("R18",)
ENCEPHALOPATHY = ("K72", "G934")
CLASS_B, CLASS_C = 7, 10  # points


def child_pugh(case: "Case") -> tuple[int, str]:
    """Points (5 to 15) and what they rest on. What is not known counts as normal; an INR on warfarin says nothing."""
    points, told = 0, []
    for code, sign, two, three in BOUNDS:
        lab = case.patient.lab(code, max_age_days=YOUNG)
        if lab is None or (code == "inr" and case.all_in("class:vka")):
            points += 1
            continue
        worse = lab.value * sign
        points += 3 if worse > three * sign else 2 if worse > two * sign else 1
        told.append(f"{code} {lab.evidence(code)[code]}")
    for name, codes in (("ascites", ASCITES), ("encephalopathy", ENCEPHALOPATHY)):
        found = case.has_icd(codes)
        points += 2 if found else 1
        told += [name] if found else []
    return points, ", ".join(told)
