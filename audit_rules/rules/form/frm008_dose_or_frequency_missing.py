"""FRM008."""

from collections.abc import Iterator

from audit_rules.items import Item
from audit_rules.lines import Lines
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

WHERE_APPLIED = frozenset({"topical", "ophthalmic", "otic", "nasal", "vaginal", "rectal"})


@rule(
    id="FRM008",
    title=Text("剂量或频次缺失", "dose or frequency missing"),
    category="form",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-prescription-2007", "cn-comment-2010"),
    refs=("CN-NRM-008",),
    kinds=("western",),
    line=lambda reading, _: bool(_missing(reading.item, frequency_of_group=False)),
    lines_only=True,
)
def dose_or_frequency_missing(case: Lines) -> Iterator[Hit]:
    """A line of a western prescription has no dose or no frequency. What is applied to skin, eye or the like may lack the dose.

    Why it matters: the patient does not know how much and how often; no overdose can be seen.
    What to do: write dose, unit and frequency. In an infusion group one line may say the frequency for all.
    A piece that strayed onto the prescription is FRM005's.
    """
    if case.kind != "western":
        return
    together = {item.group for item in case.items if item.group is not None and item.raw.frequency}
    for item in case.items:
        missing = _missing(item, item.group in together)
        if missing and not _is_piece(case, item):
            name = named(case, item.ingredients) if item.known else Text(item.name, item.name)
            yield Hit(
                lines=(item.line,),
                drugs=item.ingredients,
                message=Text(
                    f"{name.zh}缺少" + "、".join(m.zh for m in missing),
                    f"{name.en}: missing " + ", ".join(m.en for m in missing),
                ),
                action=Text("写明单次剂量、单位和频次。", "Write single dose, unit and frequency."),
                evidence={"missing": ", ".join(m.en for m in missing), "article": "处方管理办法 §6, §7"},
            )


def _missing(item: Item, frequency_of_group: bool) -> list[Text]:
    raw, found = item.raw, []
    if item.route_group not in WHERE_APPLIED:
        if raw.dose is None or raw.dose.value is None:
            found.append(Text("剂量", "dose"))
        elif not (raw.dose.unit or "").strip():
            found.append(Text("剂量单位", "unit of the dose"))
    if not (raw.frequency or "").strip() and not item.as_needed and not frequency_of_group:
        found.append(Text("频次", "frequency"))
    return found


def _is_piece(case: Lines, item: Item) -> bool:
    return any(case.ingredient(key).kind == "piece" for key in item.ingredients)
