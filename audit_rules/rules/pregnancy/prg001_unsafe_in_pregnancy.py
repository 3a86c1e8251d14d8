from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.facts import hit
from audit_rules.knowledge.conditions import NAMES
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

TABLE = "pregnancy"


@rule(
    id="PRG001",
    title=Text("妊娠期不宜用药", "Unsafe in pregnancy"),
    category="pregnancy",
    severity=Severity.CRITICAL,
    refs=("CN-APP-009",),
    ingredients=lambda catalogue: catalogue.table(TABLE).ingredients,
    when=lambda case: case.patient.pregnant is not False,
)
def unsafe_in_pregnancy(case: Case) -> Iterator[Hit | Gap]:
    """A drug that harms the mother or the child is ordered for a pregnant patient, by week of pregnancy.

    Why it matters: some drugs cause malformation early, others kidney failure, early closure of the ductus or
    bleeding late; the same drug may be right in one trimester and wrong in another.
    What to do: follow the named alternative; stopping an antiepileptic or an anticoagulant at once can also harm.
    """
    open_question: dict[bool, list[tuple[int, str]]] = {True: [], False: []}
    for match in case.catalogue.table(TABLE).possible(case):
        if match.truth:
            yield hit(case, match, TABLE)
        elif case.patient.pregnant:
            # The week (or dose) is not known: the danger is real in some weeks, so it is said, but it does not stop alone.
            found = hit(case, match, TABLE, at_most=Severity.MAJOR)
            unknown = {
                NAMES.get(asked, asked): "not recorded"
                for asked in match.fact.when.unknown(case, match.doses)
            }
            yield found._replace(evidence={**found.evidence, **unknown})
        elif match.fact.severity is Severity.CRITICAL:
            teratogen = match.use.ingredient in case.members("class:teratogen_programme")
            open_question[teratogen].append((match.use.line, match.use.ingredient))
    for holds, asked in open_question.items():
        if asked:
            yield _unknown(case, asked, holds)


def _unknown(case: Case, asked: list[tuple[int, str]], holds: bool) -> Gap:
    names = named(case, sorted({key for _, key in asked}))
    return Gap(
        lines=tuple(sorted({line for line, _ in asked})),
        reason="pregnancy_unknown",
        message=Text(
            f"未记录是否妊娠：{names.zh}孕期禁用",
            f"Pregnancy is not recorded: {names.en} must not be given in it",
        ),
        holds=holds,
    )
