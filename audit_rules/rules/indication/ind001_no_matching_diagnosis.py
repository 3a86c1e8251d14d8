from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.facts import hits, true_of
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule

TABLE = "indications"


@rule(
    id="IND001",
    title=Text("适应证不适宜", "No diagnosis for this drug"),
    category="indication",
    severity=Severity.MAJOR,
    refs=("CN-APP-001", "CN-APP-015"),
    ingredients=lambda catalogue: catalogue.table(TABLE).ingredients,
    when=true_of(TABLE),
)
def no_matching_diagnosis(case: Case) -> Iterator[Hit | Gap]:
    """A drug with a narrow use is ordered and no diagnosis or condition fits it. A diagnosis in words
    that nobody knows keeps it silent.

    Why it matters: it is a wrong drug, a wrong patient or a missing diagnosis; insurers and reviewers ask for it.
    What to do: add the diagnosis that the drug is for, or change the drug.
    """
    yield from hits(case, TABLE)
