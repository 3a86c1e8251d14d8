from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.facts import hit
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

TABLE = "lactation"
FERTILE = range(14, 50)  # years; the label question is asked only of those who may be nursing


@rule(
    id="LAC001",
    title=Text("哺乳期不宜用药", "Unsafe while breast-feeding"),
    category="lactation",
    severity=Severity.MAJOR,
    refs=("CN-APP-009",),
    ingredients=lambda catalogue: catalogue.table(TABLE).ingredients,
    when=lambda case: case.patient.lactating is not False,
)
def unsafe_while_breastfeeding(case: Case) -> Iterator[Hit | Gap]:
    """A drug that reaches the infant through milk and harms it, or that ends lactation, is ordered for a nursing mother.

    Why it matters: codeine, lithium, amiodarone or cytotoxic drugs have harmed or killed nursed infants.
    What to do: choose the named alternative, or stop nursing for as long as the row says.
    """
    asked: list[tuple[int, str]] = []
    for match in case.catalogue.table(TABLE).possible(case):
        if match.truth:
            yield hit(case, match, TABLE)
        elif match.fact.severity is Severity.CRITICAL and _may_nurse(case):
            asked.append((match.use.line, match.use.ingredient))
    if asked:
        names = named(case, sorted({key for _, key in asked}))
        yield Gap(
            lines=tuple(sorted({line for line, _ in asked})),
            reason="lactation_unknown",
            message=Text(
                f"未记录是否哺乳：{names.zh}哺乳期禁用",
                f"Nursing is not recorded: {names.en} must not be given in it",
            ),
            holds=False,
        )


def _may_nurse(case: Case) -> bool:
    return case.patient.sex == "female" and case.patient.age_years in FERTILE
