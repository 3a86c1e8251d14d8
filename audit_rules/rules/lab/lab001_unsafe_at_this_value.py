from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.facts import hits
from audit_rules.knowledge.conditions import lab_of
from audit_rules.lines import Lines
from audit_rules.memo import per_lines
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

TABLE = "labs"


@rule(
    id="LAB001",
    title=Text("检验值禁忌", "Unsafe at this laboratory value"),
    category="lab",
    severity=Severity.MAJOR,
    refs=("CN-APP-013",),
    ingredients=lambda catalogue: catalogue.table(TABLE).ingredients | catalogue.table("labs_asked").keys(),
    when=lambda case: TABLE in case.facts or _to_ask(case),
)
def unsafe_at_this_value(case: Case) -> Iterator[Hit | Gap]:
    """A recent laboratory value or ECG interval makes the drug dangerous; values that are too old do not count.

    For the few drugs that are not started without a value (warfarin, spironolactone, clozapine, lithium), a missing
    or old value is named as not checked; it holds nothing by itself.

    Why it matters: spironolactone at potassium 5.9, warfarin at INR 6 or clozapine without neutrophils kill in days.
    What to do: repeat the value, then hold, reduce or change the drug as the finding says.
    """
    yield from hits(case, TABLE)
    asked = case.catalogue.table("labs_asked")
    for use in case.uses:
        missing = [code for code in asked.get(use.ingredient, ()) if lab_of(case, code) is None]
        if missing and use.systemic is not False:
            name, codes = named(case, (use.ingredient,)), ", ".join(missing)
            yield Gap(
                lines=(use.line,),
                reason="lab_missing",
                message=Text(
                    f"{name.zh}：缺少近期检验值（{codes}）", f"{name.en}: no recent value of {codes}"
                ),
                holds=False,
            )


def _to_ask(case: Case) -> bool:
    return _asked(case)


@per_lines
def _asked(lines: Lines) -> bool:
    asked = lines.catalogue.table("labs_asked")
    return any(use.ingredient in asked for use in lines.uses)
