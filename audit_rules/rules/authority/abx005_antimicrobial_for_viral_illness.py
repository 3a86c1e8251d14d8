"""ABX005."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="ABX005",
    title=Text("病毒感染使用抗菌药物", "antimicrobial for a viral illness"),
    category="indication",
    severity=Severity.MAJOR,
    release=Release.PHARMACIST,
    sources=("cn-antimicrobial-guide-2015", "cn-comment-2010"),
    refs=("CN-ABX-007",),
    ingredients=lambda catalogue: frozenset(k for k, r in catalogue.ingredients.items() if r.antimicrobial),
)
def antimicrobial_for_viral_illness(case: Case) -> Iterator[Hit]:
    """A systemic antimicrobial while every diagnosis of the prescription is a viral illness or a common cold.

    Why it matters: it does not help against viruses; it harms the patient and breeds resistance.
    What to do: leave it out, or write the bacterial infection that it treats.
    """
    codes = [code.replace(".", "") for code in case.diagnoses]
    viral = tuple(prefix.replace(".", "") for prefix in case.catalogue.table("icd_lists")["viral"])
    if not codes or not all(code.startswith(viral) for code in codes):
        return
    found = [
        (item.line, key)
        for item in case.items
        if item.systemic is not False
        for key in item.ingredients
        if case.ingredient(key).antimicrobial
    ]
    if not found:
        return
    name = named(case, (key for _, key in found))
    yield Hit(
        lines=tuple(line for line, _ in found),
        drugs=tuple(key for _, key in found),
        message=Text(
            f"诊断仅为病毒性疾病或普通感冒，使用抗菌药物{name.zh}无指征",
            f"every diagnosis is viral or a cold; {name.en} has no indication",
        ),
        action=Text(
            "停用抗菌药物，或补充细菌感染诊断及依据。",
            "Leave it out, or write the bacterial infection it treats.",
        ),
        evidence={"diagnoses": ", ".join(case.diagnoses)},
    )
