"""A dose or regimen that liver disease lowers."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.causes import dose_causes
from audit_rules.items import Use
from audit_rules.knowledge.dose_rows import LiverLimit
from audit_rules.limits import told
from audit_rules.organs import liver_limits, liver_states
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="HEP002",
    title=Text("肝病须减量或监测", "Reduce or monitor in liver disease"),
    category="hepatic",
    severity=Severity.MODERATE,
    refs=("CN-APP-012",),
    ingredients=lambda catalogue: frozenset(catalogue.table("hepatic")),
    when=liver_states,
)
def dose_to_adjust_in_liver_disease(case: Case) -> Iterator[Hit | Gap]:
    """A daily dose above the label's maximum in liver disease, or a regimen that the label changes there. Twice that
    maximum needs a pharmacist.

    Why it matters: what the liver should break down stays in the body.
    What to do: reduce to the dose named, or monitor as the finding says.
    """
    for use, row, evidence in liver_limits(case):
        if row.verdict == "adjust" or (row.verdict == "max" and _exceeds(use, row)):
            drug = named(case, (use.ingredient,))
            dose = f" {told(use.daily)}" if use.daily else ""
            yield Hit(
                lines=use.lines,
                drugs=(use.ingredient,),
                message=Text(
                    f"{drug.zh}{dose}：肝病患者须减量或监测",
                    f"{drug.en}{dose}: reduce or monitor in liver disease",
                ),
                action=Text(row.zh, row.en),
                evidence=evidence | ({"daily": dose.strip()} if dose else {}),
                severity=max(row.severity, Severity.MAJOR) if _far(use, row) else row.severity,
                sources=(row.source,),
                cause=f"hepatic:{use.ingredient}",
                part_of=dose_causes(use) if row.verdict == "max" else (),
            )


def _far(use: Use, row: LiverLimit) -> bool:
    """Whether a day's dose is twice what liver disease allows."""
    if use.daily is None or row.daily_max is None or row.verdict != "max":
        return False
    return _exceeds(use, row) and use.daily.value >= 2 * row.daily_max


def _exceeds(use: Use, row: LiverLimit) -> bool:
    if use.daily is None or row.daily_max is None or use.daily.unit != row.unit:
        return False
    return use.daily.value > row.daily_max
