"""A frequency that the table does not know, or none."""

from collections.abc import Iterator

from audit_rules.lines import Lines
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule


@rule(
    id="GAP004",
    title=Text("用药频次未识别", "The frequency is not known"),
    category="frequency",
    severity=Severity.MAJOR,
    sources=("rx1-codes",),
    line=lambda reading, _: reading.item.frequency is None,
    lines_only=True,
)
def unknown_frequency(case: Lines) -> Iterator[Hit | Gap]:
    """A line whose frequency stands in no table, so that its daily dose was not checked.

    Why it matters: once a day and once a week are sometimes one letter apart.
    What to do: write the frequency as one of the published codes or their Chinese or English names.
    """
    serious = case.catalogue.table("serious_doses")
    for use in case.uses:
        if use.item.frequency is not None or case.kind == "herbal" or use.item.raw.max_per_day is not None:
            continue
        written = use.item.raw.frequency
        zh = f"频次“{written}”未识别" if written else "未写用药频次"
        en = f"the frequency “{written}” is not known" if written else "no frequency is written"
        yield Gap(
            lines=(use.line,),
            reason="frequency_unknown",
            message=Text(
                f"{use.item.name}: {zh}, 日剂量未审核", f"{use.item.name}: {en}; daily dose not checked"
            ),
            holds=use.ingredient in serious and use.systemic is not False,
        )
