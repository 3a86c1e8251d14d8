"""A daily dose above what this kidney function allows."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.causes import dose_causes
from audit_rules.limits import told
from audit_rules.organs import verdicts
from audit_rules.quantities import shown
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="REN002",
    title=Text("超过肾功能调整后的日剂量", "Daily dose above the renal maximum"),
    category="renal",
    severity=Severity.MAJOR,
    refs=("CN-APP-012",),
    ingredients=lambda catalogue: frozenset(catalogue.table("renal")),
    when=verdicts,
)
def dose_over_renal_maximum(case: Case) -> Iterator[Hit | Gap]:
    """A daily dose above the label's maximum for the patient's kidney function. A dose given once is not judged.

    Why it matters: the dose is right for healthy kidneys and builds up in these.
    What to do: reduce to the dose of this stage, or lengthen the interval.
    """
    for use, band, kidney in verdicts(case):
        once = use.item.frequency is not None and use.item.frequency.once
        if band.verdict != "max" or band.daily_max is None or use.daily is None or once:
            continue
        if use.daily.unit != band.unit or use.daily.value <= band.daily_max:
            continue
        drug, limit = named(case, (use.ingredient,)), f"{shown(band.daily_max)} {band.unit}"
        function = "; ".join(kidney.evidence.values())
        yield Hit(
            lines=use.lines,
            drugs=(use.ingredient,),
            message=Text(
                f"{drug.zh}每日{told(use.daily)}，超过此肾功能（{function}）的上限{limit}",
                f"{drug.en}: {told(use.daily)} a day; at this kidney function ({function}) the maximum is {limit}",
            ),
            action=Text(
                f"减至每日不超过{limit}（{band.zh}）", f"give no more than {limit} a day ({band.en})"
            ),
            evidence=kidney.evidence | {"daily": told(use.daily), "limit": limit},
            severity=band.severity,
            sources=(band.source,),
            cause=f"renal:{use.ingredient}",
            part_of=dose_causes(use),
            specific=True,
        )
