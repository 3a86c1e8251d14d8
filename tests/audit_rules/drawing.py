"""Prescriptions drawn from the real catalogue: its ingredients with their limits, diseases and values that facts ask for."""

from functools import cache

from hypothesis import strategies as st

from audit_rules import default_catalogue

ROUTES = {"oral": "oral", "parenteral": "intravenous_infusion", "topical": "topical", "rectal": "rectal"}
SHARES = (0.2, 0.5, 1, 1.2, 2.5)
CODES = (
    "I10",
    "E11.9",
    "N18.4",
    "N18.5",
    "K25.9",
    "K74.6",
    "J45.9",
    "I44.2",
    "I50.9",
    "G40.9",
    "F03",
    "E87.5",
    "D69.6",
    "M10.9",
)
LABS = {
    "egfr": (12, 28, 55, 90), "potassium": (2.8, 4.2, 5.3, 6.2), "inr": (1.0, 4.5), "alt": (30, 400),
    "sodium": (122, 140), "platelets": (30, 200), "qtc": (420, 510),
}  # fmt: skip


@cache
def drugs() -> dict[str, tuple[str, float]]:
    """Western ingredients with a greatest single dose in mg: the written route and that dose."""
    catalogue = default_catalogue()
    found = {}
    for key, rows in sorted(catalogue.table("doses").items()):
        if catalogue.ingredients[key].kind != "western":
            continue
        for row in rows:
            route = next((ROUTES[r] for r in row.routes if r in ROUTES), "oral" if not row.routes else None)
            most = row.single_max if row.basis == "total" else row.single_cap
            if route and most and row.unit == "mg":
                found.setdefault(key, (route, float(most)))
    return found


@st.composite
def items(draw, least: int = 1, most: int = 5):
    """Lines of different drugs, as specs of `reading`; a dose is some share of the label's greatest."""
    known = drugs()
    lines = []
    for key in draw(st.lists(st.sampled_from(sorted(known)), min_size=least, max_size=most, unique=True)):
        route, single = known[key]
        dose = f"{single * draw(st.sampled_from(SHARES)):.6g}"
        if "e" in dose:
            dose = f"{float(dose):.8f}".rstrip("0")
        every = draw(st.sampled_from(["qd", "bid", "tid", "q8h", "qn", "prn"]))
        lines.append({"text": f"{key} {dose} mg {route} {every} {draw(st.integers(1, 30))}d"})
    return lines


@st.composite
def patients(draw):
    """A patient with a few diseases and values."""
    made = {
        "age": draw(st.sampled_from(["20d", "8m", 3, 8, 15, 30, 66, 82])),
        "sex": draw(st.sampled_from(["female", "male"])),
        "weight_kg": draw(st.sampled_from([None, 3.5, 20, 60])),
        "conditions": draw(st.lists(st.sampled_from(CODES), max_size=3, unique=True)),
        "allergies": draw(st.lists(st.sampled_from(["penicillin", "磺胺", "aspirin"]), max_size=1)),
    }
    if made["sex"] == "female":
        made["pregnant"] = draw(st.sampled_from([None, True, False]))
    for code in draw(st.lists(st.sampled_from(sorted(LABS)), max_size=3, unique=True)):
        made[code] = draw(st.sampled_from(LABS[code]))
    return made


@st.composite
def specs(draw, least: int = 1, most: int = 5):
    """A whole spec, sometimes with an earlier prescription."""
    spec = {
        "patient": draw(patients()),
        "items": draw(items(least, most)),
        "diagnoses": draw(st.sampled_from([[], ["I10"]])),
    }
    if draw(st.booleans()):
        spec["history"] = [{"days_ago": draw(st.integers(1, 20)), "items": draw(items(1, 3))}]
    return spec
