from collections.abc import Iterator

from audit_rules.allergies import Known, known, recorded
from audit_rules.case import Case
from audit_rules.items import Use
from audit_rules.knowledge.allergy_rows import CrossAllergy
from audit_rules.knowledge.patient_rows import reaches
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

TABLE = "cross_allergies"
UNSAID = frozenset({"unsaid"})  # the record does not say how the patient reacted


@rule(
    id="ALG002",
    title=Text("过敏：交叉反应", "Cross-reaction with a known allergy"),
    category="allergy",
    severity=Severity.MAJOR,
    refs=("CN-APP-003",),
    when=recorded,
)
def cross_reaction(case: Case) -> Iterator[Hit | Gap]:
    """The drug shares structure, mechanism or an excipient with what the patient reacts to.

    How the patient reacted changes the level: penicillin anaphylaxis stops amoxicillin, holds a cephalosporin and leaves
    azithromycin alone; asthma by aspirin stops every COX-1 inhibitor and leaves paracetamol alone. Pure side effects do not
    cross.

    Why it matters: shared side chains and COX-1 inhibition repeat the reaction with a drug of another name.
    What to do: take the named alternative, or have the allergy assessed.
    """
    rows = case.catalogue.table(TABLE)
    for allergy in known(case):
        if allergy.intolerance:
            continue
        for left in sorted(allergy.ingredients or {allergy.target}):
            for row, concerned in rows.get(left, ()):
                yield from _hits(case, allergy, row, concerned)


def _hits(case: Case, allergy: Known, row: CrossAllergy, concerned: frozenset[str]) -> Iterator[Hit]:
    if "any" not in row.reactions and not (allergy.kinds or UNSAID).intersection(row.reactions):
        return
    for use in case.uses:
        if (
            use.ingredient in concerned
            and use.ingredient not in allergy.ingredients
            and reaches(use.item, row.routes)
            and row.when.holds(case)
        ):
            yield _hit(case, allergy, row, use)


def _hit(case: Case, allergy: Known, row: CrossAllergy, use: Use) -> Hit:
    name = named(case, (use.ingredient,))
    return Hit(
        lines=(use.line,),
        drugs=(use.ingredient,),
        message=Text(
            f"{name.zh}：患者对“{allergy.written}”过敏，{row.reason_zh}",
            f"{name.en}: the patient is allergic to {allergy.written}; {row.reason_en}",
        ),
        action=Text(row.action_zh, row.action_en),
        evidence=allergy.evidence | row.when.evidence(case),
        severity=min(row.severity, Severity.MODERATE) if allergy.tolerated else row.severity,
        sources=(row.source,),
        cause=f"allergy:{use.ingredient}",
    )
