from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.items import Use
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

PATENT = ("CN-APP-006", "CN-APP-022")
TITRATED = "class:dose_titrated"
FOR_NEED = ("class:opioid", "class:saba", "class:nitrate", "class:benzodiazepine")
REPLENISHING = ("A11", "A12", "B03", "B05", "V07")  # vitamins, minerals, iron, fluids
NOT_HARMLESS = "class:vitamin_d_active"


@rule(
    id="DUP001",
    title=Text("重复用药：相同成分", "The same ingredient twice"),
    category="duplicate",
    severity=Severity.MAJOR,
    sources=("cn-review-2018",),
    refs=("CN-APP-006",),
    repeats=True,
)
def same_ingredient(case: Case) -> Iterator[Hit | Gap]:
    """One ingredient stands on two or more lines, openly or inside a compound or a Chinese patent medicine.

    Lines of different dose, of different strength or form, or only when needed, may be meant (warfarin 2.5 + 1 mg, a
    background opioid with breakthrough doses): these are shown and hold nothing. A local form beside a systemic one is no
    duplicate, and diluents are none; a second pack of a drug kept for attacks (nitroglycerin under the
    tongue, an inhaler to be used when needed) is a spare and is shown.

    Why it matters: paracetamol, glibenclamide or an opioid hidden in a second product is the usual way to an overdose.
    What to do: keep one line; if both are meant, say so in the instructions.
    """
    if len({use.ingredient for use in case.uses}) == len(case.uses):
        return
    intended = case.catalogue.table("duplicate_pairs")
    found: dict[tuple[int, ...], list[tuple[str, tuple[Use, ...]]]] = {}
    for key in dict.fromkeys(use.ingredient for use in case.uses):
        uses = case.uses_of(key)
        if len(uses) < 2 or (key, key) in intended:
            continue
        for same in (tuple(u for u in uses if u.systemic is not False), _local(uses)):
            if len({use.line for use in same}) > 1:
                found.setdefault(tuple(use.line for use in same), []).append((key, same))
    for lines, doubled in found.items():
        yield _hit(case, lines, doubled)


def _local(uses: tuple[Use, ...]) -> tuple[Use, ...]:
    """The first way of local use that occurs twice; eye drops beside a cream are no duplicate."""
    local = [use for use in uses if use.systemic is False]
    for group in dict.fromkeys(use.item.route_group for use in local):
        same = tuple(use for use in local if use.item.route_group == group)
        if len(same) > 1:
            return same
    return ()


def _hit(case: Case, lines: tuple[int, ...], doubled: list[tuple[str, tuple[Use, ...]]]) -> Hit:
    """One finding for a compound that stands there twice, whatever it is made of."""
    keys, uses = tuple(key for key, _ in doubled), doubled[0][1]
    name = named(case, keys)
    patent = any(case.ingredient(k).kind == "patent" for use in uses for k in use.item.ingredients)
    numbers = "、".join(map(str, lines))
    return Hit(
        lines=lines,
        drugs=keys,
        message=Text(
            f"{name.zh}在第{numbers}行重复", f"{name.en}: twice, on lines {', '.join(map(str, lines))}"
        ),
        action=Text("只留一行；如为分次不同剂量，请写明用法", "Keep one line; if both are meant, write how"),
        evidence={f"line_{use.line}": use.item.name for use in uses},
        severity=max(_severity(case, key, same) for key, same in doubled),
        refs=PATENT if patent else (),
        cause=f"duplicate:{numbers}",
    )


def _severity(case: Case, key: str, uses: tuple[Use, ...]) -> Severity:
    """What replenishes, or is dosed in steps, is folded; a change of way or a dose for need is shown; the same thing
    twice, or hidden in a compound, needs a decision.
    """
    titrated = key in case.members(TITRATED)
    if case.ingredient(key).atc.startswith(REPLENISHING) and key not in case.members(NOT_HARMLESS):
        return Severity.INFO
    if titrated and len({(use.single, use.item.raw.strength) for use in uses}) == len(uses):
        return Severity.INFO
    if any(len(use.item.ingredients) > 1 for use in uses):
        return Severity.MODERATE if titrated else Severity.MAJOR
    spare = case.catalogue.table("spare_packs").get(key, ())
    if all(use.route in spare or (use.item.as_needed and use.route == "inhaled") for use in uses):
        return Severity.MODERATE
    if len({use.item.as_needed for use in uses}) > 1:
        return Severity.INFO if any(key in case.members(cell) for cell in FOR_NEED) else Severity.MODERATE
    ways = {use.item.route_group for use in uses}
    single = any(use.item.frequency is not None and use.item.frequency.once for use in uses)
    return Severity.MODERATE if single or len(ways) == len(uses) or case.kind == "herbal" else Severity.MAJOR
