from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.facts import hit
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
    ingredients=lambda catalogue: catalogue.table(TABLE).ingredients,
)
def unsafe_at_this_value(case: Case) -> Iterator[Hit | Gap]:
    """A recent laboratory value or ECG interval makes the drug dangerous; values that are too old do not count.

    Why it matters: spironolactone at potassium 5.9, warfarin at INR 6 or clozapine without neutrophils can kill in days.
    What to do: repeat the value, then hold, reduce or change the drug as the finding says.
    """
    asked: dict[int, set[str]] = {}
    missing: set[str] = set()
    for match in case.catalogue.table(TABLE).matching(case):
        if match.truth:
            yield hit(case, match, TABLE)
        elif match.fact.severity is Severity.CRITICAL:
            asked.setdefault(match.use.line, set()).add(match.use.ingredient)
            missing |= {word.removeprefix("lab:") for word in match.fact.when.unknown(case, match.doses)}
    for line, keys in asked.items():
        names = named(case, sorted(keys))
        wanted = ", ".join(sorted(missing))
        yield Gap(
            lines=(line,),
            reason="lab_missing",
            message=Text(
                f"{names.zh}：缺少近期检验值（{wanted}）", f"{names.en}: no recent value of {wanted}"
            ),
            holds=False,
        )
