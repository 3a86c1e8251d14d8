"""A dose in a unit in which the tables know no limit."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.limits import rows_for, told, totals
from audit_rules.line_doses import in_another_unit
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

POPULATIONS = ("adult", "child", "geriatric")


@rule(
    id="DOS008",
    title=Text("剂量单位无法与上限比较", "The dose is in a unit without a limit"),
    category="dose",
    severity=Severity.MAJOR,
    sources=("cn-audit-dose",),
    refs=("CN-APP-004",),
    ingredients=lambda catalogue: frozenset(catalogue.table("doses")),
    line=in_another_unit,
)
def dose_unit_not_comparable(case: Case) -> Iterator[Hit | Gap]:
    """A dose in mg of a drug whose limit is in IU, or the other way round: mass and activity never convert here.

    It holds where the dose of the drug can do serious harm.

    Why it matters: insulin in mg or heparin in mg is either a slip or something that no rule has checked.
    What to do: write the dose in the unit of the label.
    """
    for use in case.uses:
        if use.single is None or any(row.unit == use.single.unit for row in totals(case, use)):
            continue
        rows = [
            row
            for population in POPULATIONS
            for row in rows_for(case, use, population)
            if row.basis != "none"
        ]
        if not rows or any(row.unit == use.single.unit for row in rows):
            continue
        drug, units = named(case, (use.ingredient,)), "/".join(sorted({row.unit for row in rows}))
        yield Gap(
            lines=(use.line,),
            reason="unit_not_comparable",
            message=Text(
                f"{drug.zh}写为{told(use.single)}，上限以{units}计，剂量未审核",
                f"{drug.en} is written as {told(use.single)}; its limit is in {units}; dose not checked",
            ),
            holds=any(row.serious for row in rows),
        )
