"""A dose in "units" where units may mean dosage units or international units."""

from collections.abc import Iterator

from audit_rules.lines import Lines
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule


@rule(
    id="GAP002",
    title=Text("剂量单位有歧义", "The unit of the dose is ambiguous"),
    category="dose",
    severity=Severity.MAJOR,
    sources=("rx1-codes",),
    refs=("CN-APP-020",),
    ingredients=lambda catalogue: catalogue.unit_traps,
    lines_only=True,
)
def ambiguous_unit(case: Lines) -> Iterator[Hit | Gap]:
    """Insulin, heparin, penicillin or a vitamin prescribed in "units", which may be dosage units or IU.

    Why it matters: one reading may be a hundred or a million times the other; nobody may guess.
    What to do: ask the prescriber to write IU, or the mass, or the number of dosage units by their name.
    """
    for use in case.uses:
        if use.why_no_dose == "unit_ambiguous":
            yield Gap(
                lines=(use.line,),
                reason="unit_ambiguous",
                message=Text(
                    f"{use.item.name}: “{use.item.raw.dose.unit}”可指剂型单位或国际单位, 剂量未审核",
                    f"{use.item.name}: “{use.item.raw.dose.unit}” may mean dosage units or IU; dose not checked",
                ),
                holds=True,
            )
