from collections.abc import Iterator

from audit_rules.allergies import Known, known, recorded
from audit_rules.case import Case
from audit_rules.items import Use
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="ALG001",
    title=Text("过敏：该药或其类别", "Allergic to this drug or its class"),
    category="allergy",
    severity=Severity.CRITICAL,
    sources=("cn-review-2018",),
    refs=("CN-APP-003",),
    when=recorded,
)
def known_allergy(case: Case) -> Iterator[Hit | Gap]:
    """The patient is recorded as allergic to the ingredient itself, or to the class it belongs to.

    Compounds are opened first, and patent medicines whose pieces are known. A record that only names a side effect
    (nausea, cough, muscle pain) is an intolerance, one that was tolerated since is doubtful: both are shown without
    holding. Local forms count: allergy is not a matter of dose.

    Why it matters: the second exposure may be the fatal one.
    What to do: change to another class; if the record is wrong, correct it at the source.
    """
    contents = case.catalogue.table("patent_contents")
    for allergy in known(case):
        for use in case.uses:
            if allergy.names(use.ingredient, contents):
                yield _hit(case, allergy, use)


def _hit(case: Case, allergy: Known, use: Use) -> Hit:
    name = named(case, (use.ingredient,))
    if allergy.intolerance:
        text = Text(
            f"{name.zh}：记录有不耐受（{allergy.written}）",
            f"{name.en}: an intolerance is recorded ({allergy.written})",
        )
    elif allergy.tolerated:
        text = Text(
            f"{name.zh}：曾记录对“{allergy.written}”过敏，此后已耐受",
            f"{name.en}: an allergy to {allergy.written} is recorded, tolerated since",
        )
    else:
        text = Text(
            f"{name.zh}：患者对“{allergy.written}”过敏",
            f"{name.en}: the patient is allergic to {allergy.written}",
        )
    return Hit(
        lines=(use.line,),
        drugs=(use.ingredient,),
        message=text,
        action=Text(
            "换用其他类别药物；记录有误请更正", "Use another class; if the record is wrong, correct it"
        ),
        evidence=allergy.evidence,
        severity=Severity.MODERATE if allergy.intolerance or allergy.tolerated else Severity.CRITICAL,
        cause=f"allergy:{use.ingredient}",
    )
