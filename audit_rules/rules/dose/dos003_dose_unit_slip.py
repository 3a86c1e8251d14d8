"""A dose a thousand times too large or too small."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.causes import dose_cause
from audit_rules.limits import told
from audit_rules.line_doses import slips
from audit_rules.quantities import Amount, shown
from audit_rules.report import Gap, Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.slips import slipped
from audit_rules.wording import named


@rule(
    id="DOS003",
    title=Text("剂量单位疑似写错", "The unit of the dose is probably wrong"),
    category="dose",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-audit-dose",),
    refs=("CN-APP-004",),
    ingredients=lambda catalogue: frozenset(catalogue.table("doses")),
    line=slips,
)
def dose_unit_slip(case: Case) -> Iterator[Hit | Gap]:
    """A dose that is only plausible with another unit: mg for µg, g for mg, mg for g, mg for IU or IU for mg.

    A thousandth of the dose (or a thousand times it, in adults) lies well inside the label's maximum while the dose
    itself is far outside; or the number is a usual one in the label's other unit.

    Why it matters: levothyroxine 100 mg for 100 µg, or digoxin 250 mg for 250 µg, kills.
    What to do: ask the prescriber which unit is meant and write the prescription anew.
    """
    for use in case.uses:
        intended = slipped(case, use)
        if intended is None or use.single is None:
            continue
        drug = named(case, (use.ingredient,))
        dose = use.item.raw.dose
        written = f"{shown(dose.value)} {dose.unit}"
        if written != told(use.single):
            written += f" ({told(use.single)})"
        meant = told(intended)
        if intended.unit == "mg" and intended.value < 1:
            meant = told(Amount(intended.value * 1000, "µg"))
        yield Hit(
            lines=(use.line,),
            drugs=(use.ingredient,),
            message=Text(
                f"{drug.zh}写为{written}，疑似单位写错",
                f"{drug.en} is written as {written}; the unit is probably wrong",
            ),
            action=Text(
                f"可能应为{meant}；请处方医师核实后重开",
                f"{meant} may be meant; the prescriber writes it anew",
            ),
            evidence={"single": told(use.single), "probably_meant": meant},
            cause=dose_cause(use.line, use.ingredient),
        )
