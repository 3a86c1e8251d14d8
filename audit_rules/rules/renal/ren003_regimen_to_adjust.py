"""A drug whose regimen must change at this kidney function."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.items import Use
from audit_rules.knowledge.dose_rows import RenalBand
from audit_rules.organs import verdicts
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="REN003",
    title=Text("须按肾功能调整方案", "The regimen must be adjusted to kidney function"),
    category="renal",
    severity=Severity.MODERATE,
    refs=("CN-APP-012",),
    ingredients=lambda catalogue: frozenset(catalogue.table("renal")),
    when=verdicts,
)
def regimen_to_adjust(case: Case) -> Iterator[Hit | Gap]:
    """A drug whose label asks for another interval, dose or monitoring at the patient's kidney function.

    Why it matters: aminoglycosides, vancomycin, lithium and their like are dosed by level when kidneys fail.
    What to do: adjust as the finding says, and say on the prescription that it was done. Where the frequency is
    already the adjusted one, it is only shown.
    """
    for use, band, kidney in verdicts(case):
        if band.verdict != "adjust":
            continue
        drug = named(case, (use.ingredient,))
        shown = "; ".join(kidney.evidence.values())
        yield Hit(
            lines=use.lines,
            drugs=(use.ingredient,),
            message=Text(
                f"{drug.zh}在此肾功能（{shown}）下须调整方案",
                f"{drug.en} needs another regimen at this kidney function ({shown})",
            ),
            action=Text(band.zh, band.en),
            evidence=kidney.evidence,
            severity=Severity.MODERATE if _adjusted(use, band) else band.severity,
            sources=(band.source,),
            cause=f"renal:{use.ingredient}",
        )


def _adjusted(use: Use, band: RenalBand) -> bool:
    """Whether the frequency written is already the one that the label asks for here."""
    per_day = use.item.frequency.per_day if use.item.frequency else None
    return band.times is not None and per_day is not None and per_day <= band.times
