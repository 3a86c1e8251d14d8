"""A drug that this state of the liver forbids."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.organs import liver_limits, liver_states
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="HEP001",
    title=Text("肝病禁用", "Contraindicated in liver disease"),
    category="hepatic",
    severity=Severity.MAJOR,
    refs=("CN-APP-012",),
    ingredients=lambda catalogue: frozenset(catalogue.table("hepatic")),
    when=liver_states,
)
def contraindicated_in_liver_disease(case: Case) -> Iterator[Hit | Gap]:
    """A drug whose label forbids it in cirrhosis, liver failure or active liver disease.

    Active disease is coded hepatitis or toxic injury, or ALT or AST above 120 U/L within three months.

    Why it matters: valproate, ketoconazole or methotrexate in a sick liver ends in liver failure.
    What to do: choose a drug that spares the liver.
    """
    for use, row, evidence in liver_limits(case):
        if row.verdict != "avoid":
            continue
        drug = named(case, (use.ingredient,))
        yield Hit(
            lines=use.lines,
            drugs=(use.ingredient,),
            message=Text(f"{drug.zh}在肝病患者中禁用：{row.zh}", f"{drug.en} is contraindicated: {row.en}"),
            action=Text("停用并换用对肝脏安全的药物", "stop it; choose a drug that spares the liver"),
            evidence=evidence,
            severity=row.severity,
            sources=(row.source,),
            cause=f"hepatic:{use.ingredient}",
            specific=True,
        )
