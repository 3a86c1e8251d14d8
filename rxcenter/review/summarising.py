"""What the queue shows of a prescription without opening it, and the drug groups that policy and routing ask for."""

from typing import Any

from audit_rules.case import Case
from audit_rules.report import Report, Severity

AGED, CHILD = 65, 14


def summary(case: Case, report: Report) -> dict[str, Any]:
    """The Waiting row's `summary`: worst message, count, risk chips, masked patient, drugs, unmapped names."""
    worst = max(report.findings, key=lambda f: f.severity, default=None)
    patient = case.document.patient
    return {
        "worst": worst.message._asdict() if worst else None,
        "count": len([f for f in report.findings if f.severity >= Severity.MODERATE]),
        "chips": chips(case),
        "patient": {
            "name": patient.name,
            "sex": patient.sex,
            "age": str(case.patient.age_years),
            "birth_date": patient.birth_date.isoformat(),
        },
        "drugs": [item.name for item in case.items],
        "unmapped": sorted({item.name for item in case.items if not item.known}),
    }


def chips(case: Case) -> list[str]:
    """Risk marks in a fixed order: emergency, pregnant, lactating, child, aged, egfr:<value>, allergy."""
    patient = case.patient
    egfr = patient.lab("egfr")
    marks = {
        "emergency": case.setting == "emergency",
        "pregnant": patient.pregnant is True,
        "lactating": bool(patient.lactating),
        "child": patient.age_years < CHILD,
        "aged": patient.age_years >= AGED,
        f"egfr:{egfr.value:.0f}" if egfr else "": egfr is not None and egfr.value < 60,
        "allergy": bool(patient.allergies),
    }
    return [name for name, here in marks.items() if here]


def gap_key(case: Case, report: Report) -> str:
    """Equal gaps give equal keys, so that the queue can show them as one group."""
    holding = [g for g in report.not_checked if g.holds]
    if not holding:
        return ""
    names = {item.line: item.name for item in case.items}
    unknown = sorted(
        {names[line] for g in holding if g.reason == "unknown_drug" for line in g.lines if line in names}
    )
    others = sorted({g.reason for g in holding if g.reason != "unknown_drug"})
    return " + ".join(unknown + others)[:300]


def drug_groups(case: Case) -> list[str]:
    """Groups of drugs on the prescription: controlled classes, injection, herbal, unknown, catalogue flags."""
    groups = {"herbal"} if case.kind == "herbal" else set()
    for item in case.items:
        if not item.known:
            groups.add("unknown")
        if item.route_group == "parenteral":
            groups.add("injection")
        for key in item.ingredients:
            row = case.ingredient(key)
            groups.update(g for g in (row.control, *row.flags) if g in ROUTED_BY)
            if row.antimicrobial == "special":
                groups.add("antimicrobial_special")
    return sorted(groups)


ROUTED_BY = frozenset(
    {
        "narcotic",
        "psychotropic_1",
        "psychotropic_2",
        "toxic",
        "precursor",
        "in_house",
        "cold_chain",
        "blood_product",
    }
)
