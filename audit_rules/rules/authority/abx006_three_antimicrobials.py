"""ABX006."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="ABX006",
    title=Text("联合使用三种及以上抗菌药物", "three antimicrobials together"),
    category="duplicate",
    severity=Severity.MAJOR,
    release=Release.PHARMACIST,
    sources=("cn-antimicrobial-guide-2015", "cn-comment-2010"),
    refs=("CN-ABX-008",),
    ingredients=lambda catalogue: frozenset(k for k, r in catalogue.ingredients.items() if r.antimicrobial),
    lines=lambda lines, _: len(lines.items) > 2,
)
def three_antimicrobials(case: Case) -> Iterator[Hit]:
    """Three or more lines with systemic antimicrobials on one prescription outside the ward.

    Why it matters: combinations need a clear reason (mixed severe infection); toxicity and resistance add up. A fixed
    compound counts once; mycobacterial infections are treated with several drugs and are silent.
    What to do: keep the drugs that the likely germ needs, or explain.
    """
    if case.setting == "inpatient" or case.has_icd(("A15", "A16", "A17", "A18", "A19", "A31")):
        return
    found = [
        (item.line, key)
        for item in case.items
        if item.systemic is not False
        for key in item.ingredients[:1]
        if any(case.ingredient(other).antimicrobial for other in item.ingredients)
    ]
    keys = tuple(dict.fromkeys(key for _, key in found))
    if len(keys) < 3:
        return
    name = named(case, keys)
    yield Hit(
        lines=tuple(line for line, _ in found),
        drugs=keys,
        message=Text(
            f"同时使用{len(keys)}种抗菌药物: {name.zh}", f"{len(keys)} antimicrobials together: {name.en}"
        ),
        action=Text(
            "按可能的病原精简，或说明联合用药理由。",
            "Keep what the likely germ needs, or explain the combination.",
        ),
        evidence={"antimicrobials": str(len(keys))},
    )
