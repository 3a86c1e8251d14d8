"""A drug that this kidney function forbids."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.organs import verdicts
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="REN001",
    title=Text("肾功能不全禁用", "Contraindicated at this kidney function"),
    category="renal",
    severity=Severity.MAJOR,
    refs=("CN-APP-012",),
    ingredients=lambda catalogue: frozenset(catalogue.table("renal")),
    when=verdicts,
)
def contraindicated_at_this_kidney_function(case: Case) -> Iterator[Hit | Gap]:
    """A drug whose label forbids it at the patient's kidney function: measured, computed or coded as a stage.

    Why it matters: what the kidney should remove stays and poisons: metformin, dabigatran, methotrexate.
    What to do: choose a drug that the kidney does not remove, or measure again where the value is old.
    """
    for use, band, kidney in verdicts(case):
        if band.verdict != "avoid":
            continue
        drug = named(case, (use.ingredient,))
        shown = "; ".join(kidney.evidence.values())
        yield Hit(
            lines=use.lines,
            drugs=(use.ingredient,),
            message=Text(
                f"{drug.zh}在此肾功能（{shown}）下禁用：{band.zh}",
                f"{drug.en} is contraindicated at this kidney function ({shown}): {band.en}",
            ),
            action=Text(
                "停用并换用不经肾清除的药物", "stop it; choose a drug that the kidney does not remove"
            ),
            evidence=kidney.evidence | {"contraindicated_below": f"{band.to}"},
            severity=band.severity,
            sources=(band.source,),
            cause=f"renal:{use.ingredient}",
            specific=True,
        )
