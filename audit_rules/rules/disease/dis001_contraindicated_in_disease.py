from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.facts import hits, true_of
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule

TABLE = "diseases"


@rule(
    id="DIS001",
    title=Text("疾病禁忌", "Contraindicated in a disease"),
    category="disease",
    severity=Severity.MAJOR,
    refs=("CN-APP-013",),
    ingredients=lambda catalogue: catalogue.table(TABLE).ingredients,
    when=true_of(TABLE),
)
def contraindicated_in_disease(case: Case) -> Iterator[Hit | Gap]:
    """A present diagnosis or condition forbids the drug; family history and past disease do not count.

    Why it matters: the drug worsens the disease: a beta blocker in asthma, a triptan after stroke, an NSAID on a bleeding ulcer.
    What to do: choose the named alternative, or correct the diagnosis code if it is wrong.
    """
    yield from hits(case, TABLE)
