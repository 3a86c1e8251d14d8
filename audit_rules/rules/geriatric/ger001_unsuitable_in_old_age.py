from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.facts import hits, true_of
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule

TABLE = "geriatric"


@rule(
    id="GER001",
    title=Text("老年人潜在不适当用药", "Unsuitable in old age"),
    category="geriatric",
    severity=Severity.MAJOR,
    refs=("CN-APP-011",),
    ingredients=lambda catalogue: catalogue.table(TABLE).ingredients,
    when=true_of(TABLE),
)
def unsuitable_in_old_age(case: Case) -> Iterator[Hit | Gap]:
    """A drug whose harm usually outweighs its use in older people, by age, disease, dose and co-medication.

    Why it matters: sedation, falls, delirium and bleeding bring older people into hospital.
    What to do: choose the named alternative, or the lowest dose for the shortest time.
    """
    yield from hits(case, TABLE)
