"""A dose that cannot be turned into an amount of its ingredient."""

from collections.abc import Iterator

from audit_rules.lines import Lines
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule

WHY = {
    "dose_missing": Text("未写剂量", "no dose is written"),
    "dose_unreadable": Text("剂量不是正数", "the dose is not a positive number"),
    "unit_missing": Text("剂量未写单位", "the dose has no unit"),
    "unit_unknown": Text("剂量单位未识别", "the unit of the dose is not known"),
    "strength_missing": Text("未写规格, 无法折算", "no strength is written to convert it with"),
    "strength_unreadable": Text("规格与剂量单位不能折算", "the strength does not convert this unit"),
    "concentration_missing": Text("未写浓度, 无法折算", "no concentration is written to convert it with"),
    "components_missing": Text(
        "复方各成分含量未知", "what the compound holds of each ingredient is not known"
    ),
    "component_unknown": Text("复方某成分含量未知", "what the compound holds of one ingredient is not known"),
    "compound_dose_unclear": Text(
        "复方总量不能拆分到各成分", "the total cannot be split over the ingredients"
    ),
}


@rule(
    id="GAP003",
    title=Text("剂量无法折算", "The dose cannot be read"),
    category="dose",
    severity=Severity.MAJOR,
    sources=("rx1-codes",),
    line=lambda reading, _: any(use.why_no_dose in WHY for use in reading.uses),
    lines_only=True,
)
def unreadable_dose(case: Lines) -> Iterator[Hit | Gap]:
    """A dose that cannot be turned into an amount of its ingredient, so that no dose rule looked at it.

    Why it matters: an overdose may stand behind a dose that no rule can read; for a drug where the dose kills,
    a pharmacist looks at it.
    What to do: write the dose in mg, g, IU or mL, or give the strength or concentration of the product.
    """
    serious = case.catalogue.table("serious_doses")
    for use in case.uses:
        why = WHY.get(use.why_no_dose or "")
        if why is None:
            continue
        yield Gap(
            lines=(use.line,),
            reason="dose_unreadable",
            message=Text(
                f"{use.item.name}: {why.zh}, 剂量未审核", f"{use.item.name}: {why.en}; dose not checked"
            ),
            holds=use.ingredient in serious and use.systemic is not False,
        )
