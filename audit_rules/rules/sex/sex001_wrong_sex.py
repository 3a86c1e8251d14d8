from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.facts import hits, true_of
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule

TABLE = "sexes"


@rule(
    id="SEX001",
    title=Text("性别禁忌", "Drug for the other sex"),
    category="sex",
    severity=Severity.MAJOR,
    refs=("CN-APP-014",),
    ingredients=lambda catalogue: catalogue.table(TABLE).ingredients,
    when=true_of(TABLE),
)
def wrong_sex(case: Case) -> Iterator[Hit | Gap]:
    """A drug that is only meant for the other sex, unless a diagnosis explains it.

    Why it matters: it is nearly always a wrong patient or a wrong drug picked from a list.
    What to do: check patient and drug name; state the diagnosis if it is meant.
    """
    yield from hits(case, TABLE)
