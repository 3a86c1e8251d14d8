from collections.abc import Iterator
from decimal import Decimal

from audit_rules.case import Case
from audit_rules.items import Use
from audit_rules.limits import ADULT, over, told, totals
from audit_rules.quantities import Amount
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.turns import Turn, in_turn
from audit_rules.wording import named

PATENT = ("CN-APP-006", "CN-APP-022")
TITRATED = "class:dose_titrated"
FOR_NEED = ("class:opioid", "class:saba", "class:nitrate", "class:benzodiazepine")
REPLENISHING = ("A11", "A12", "B03", "B05", "V07")  # vitamins, minerals, iron, fluids
NOT_HARMLESS = "class:vitamin_d_active"
NO_ROOM = (
    "class:narrow_index", "class:anticoagulant", "class:insulin_secretagogue", "class:opioid", "class:benzodiazepine",
    "class:z_drug", "class:cytotoxic", "class:immunosuppressant", "class:antiarrhythmic_1c", "class:nsaid",
)  # fmt: skip


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
    background opioid with breakthrough doses): these are shown and hold nothing, and so are lines that follow one another
    (a loading dose, a taper). A local form beside a systemic one is no duplicate, and diluents are none; a second pack of
    a drug kept for attacks (nitroglycerin under the tongue, an inhaler to be used when needed) is a spare and is shown.
    An adult's line that stands there twice word for word is shown where both together stay within the day's maximum and
    the drug has room: not for high-alert or controlled drugs, NSAIDs, or where a doubled dose is soon toxic.

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
    sums = [_sum_within(case, same) for _, same in doubled]
    patent = any(case.ingredient(k).kind == "patent" for use in uses for k in use.item.ingredients)
    numbers = "、".join(map(str, lines))
    return Hit(
        lines=lines,
        drugs=keys,
        message=Text(
            f"{name.zh}在第{numbers}行重复", f"{name.en}: twice, on lines {', '.join(map(str, lines))}"
        ),
        action=_action(case, uses, sums[0] if len(sums) == 1 else None),
        evidence={f"line_{use.line}": use.item.name for use in uses},
        severity=max(_severity(case, key, same) for key, same in doubled),
        refs=PATENT if patent else (),
        cause=f"duplicate:{numbers}",
    )


def _action(case: Case, uses: tuple[Use, ...], together: Amount | None) -> Text:
    if in_turn(case, uses):
        return Text("先后使用的，写明各自起止日", "Taken one after the other: write from which day to which")
    if together is None or not _verbatim(uses):
        return Text("只留一行；如为分次不同剂量，请写明用法", "Keep one line; if both are meant, write how")
    return Text(
        f"两行完全相同，合计每日{told(together)}，未超限量；核实是否重复录入",
        f"written twice, word for word; together {told(together)} a day, within the limit: ask which is meant",
    )


def _verbatim(uses: tuple[Use, ...]) -> bool:
    """Whether the lines say the same: product, strength, dose, way, frequency and days."""
    said = [u.item.raw for u in uses]
    first = said[0]
    return all(
        (r.drug.name, r.drug.code, r.form, r.strength, r.dose, r.route, r.frequency, r.days)
        == (first.drug.name, first.drug.code, first.form, first.strength, first.dose, first.route, first.frequency,
            first.days)
        for r in said
    )  # fmt: skip


def _sum_within(case: Case, uses: tuple[Use, ...]) -> Amount | None:
    """What an adult's lines give in a day together, where a maximum is known and they stay within it. What is taken
    when needed counts once a day each.
    """
    amounts = [use.single if use.item.as_needed and use.daily is None else use.daily for use in uses]
    known = [amount for amount in amounts if amount is not None]
    if case.patient.age_years < ADULT or len(known) < len(uses) or len({amount.unit for amount in known}) > 1:
        return None
    together = Amount(sum((amount.value for amount in known), Decimal(0)), known[0].unit)
    rows = [
        r for use in uses for r in totals(case, use) if r.unit == together.unit and r.daily_max is not None
    ]
    return None if not rows or over(together, rows, "daily_max") else together


def _has_room(case: Case, key: str) -> bool:
    drug = case.ingredient(key)
    if drug.control or "high_alert" in drug.flags:
        return False
    return not any(key in case.members(cell) for cell in NO_ROOM)


def _severity(case: Case, key: str, uses: tuple[Use, ...]) -> Severity:
    """What replenishes, or is dosed in steps, is folded; a change of way or a dose for need is shown; the same thing
    twice, or hidden in a compound, needs a decision.
    """
    titrated = key in case.members(TITRATED)
    if case.ingredient(key).atc.startswith(REPLENISHING) and key not in case.members(NOT_HARMLESS):
        return Severity.INFO
    if titrated and len({(use.single, use.item.raw.strength) for use in uses}) == len(uses):
        return Severity.INFO
    turn = in_turn(case, uses)
    if turn:
        return Severity.INFO if turn is Turn.WRITTEN or titrated else Severity.MODERATE
    if _verbatim(uses) and _has_room(case, key) and _sum_within(case, uses):
        return Severity.MODERATE
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
