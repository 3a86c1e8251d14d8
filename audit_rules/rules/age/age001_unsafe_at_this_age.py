from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.facts import hits, true_of
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule

TABLE = "ages"


@rule(
    id="AGE001",
    title=Text("年龄禁忌", "Unsafe at this age"),
    category="age",
    severity=Severity.MAJOR,
    refs=("CN-APP-010",),
    ingredients=lambda catalogue: catalogue.table(TABLE).ingredients,
    when=true_of(TABLE),
)
def unsafe_at_this_age(case: Case) -> Iterator[Hit | Gap]:
    """The patient is younger than the age from which the drug may be given.

    Why it matters: children have died of codeine, promethazine and cough syrups; quinolones harm cartilage, tetracyclines teeth.
    What to do: use the named alternative; check the birth date if the patient is an adult.
    """
    yield from hits(case, TABLE)
