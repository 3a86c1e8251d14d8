"""A child given a drug for which the tables know no child's dose."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.limits import rows_for
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

YOUNG = 12  # years; from here on most labels give the adult's dose


@rule(
    id="DOS007",
    title=Text("缺少儿童剂量", "No dose for children is known"),
    category="dose",
    severity=Severity.MAJOR,
    sources=("cn-audit-dose",),
    refs=("CN-APP-004",),
    ingredients=lambda catalogue: frozenset(catalogue.table("doses")),
    when=lambda case: case.patient.age_years < YOUNG,
)
def no_limit_for_children(case: Case) -> Iterator[Hit | Gap]:
    """A child under 12 given a drug by a route for which only the adult's maximum is known.

    The adult's maximum is still a ceiling. It holds where the dose of the drug can do serious harm.

    Why it matters: a dose below the adult's maximum may still be ten times too much for this child.
    What to do: a pharmacist checks the dose against the label or a paediatric formulary.
    """
    if case.patient.age_years >= YOUNG:
        return
    for use in case.uses:
        adult = [row for row in rows_for(case, use, "adult") if row.basis != "none"]
        if not adult or rows_for(case, use, "child") or use.systemic is False:
            continue
        drug = named(case, (use.ingredient,))
        yield Gap(
            lines=(use.line,),
            reason="no_limit_for_children",
            message=Text(
                f"知识库无{drug.zh}的儿童剂量，只按成人上限核对",
                f"no child's dose of {drug.en} is known; only the adult's maximum was applied",
            ),
            holds=any(row.serious for row in adult),
        )
