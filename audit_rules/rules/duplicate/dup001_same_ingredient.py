from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.items import Use
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

PATENT = ("CN-APP-006", "CN-APP-022")


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
    for key in dict.fromkeys(use.ingredient for use in case.uses):
        uses = case.uses_of(key)
        if len(uses) < 2 or (key, key) in intended:
            continue
        for same in (tuple(u for u in uses if u.systemic is not False), _local(uses)):
            if len({use.line for use in same}) > 1:
                yield _hit(case, key, same)


def _local(uses: tuple[Use, ...]) -> tuple[Use, ...]:
    """The first way of local use that occurs twice; eye drops beside a cream are no duplicate."""
    local = [use for use in uses if use.systemic is False]
    for group in dict.fromkeys(use.item.route_group for use in local):
        same = tuple(use for use in local if use.item.route_group == group)
        if len(same) > 1:
            return same
    return ()


def _hit(case: Case, key: str, uses: tuple[Use, ...]) -> Hit:
    name, lines = named(case, (key,)), tuple(use.line for use in uses)
    patent = any(case.ingredient(k).kind == "patent" for use in uses for k in use.item.ingredients)
    numbers = "、".join(map(str, lines))
    return Hit(
        lines=lines,
        drugs=(key,),
        message=Text(
            f"{name.zh}在第{numbers}行重复", f"{name.en} stands on lines {', '.join(map(str, lines))}"
        ),
        action=Text("只留一行；如为分次不同剂量，请写明用法", "Keep one line; if both are meant, write how"),
        evidence={f"line_{use.line}": use.item.name for use in uses},
        severity=_severity(case, uses),
        refs=PATENT if patent else (),
        cause=f"duplicate:{key}",
    )


def _severity(case: Case, uses: tuple[Use, ...]) -> Severity:
    """Parts of one plan are folded or shown; the same thing twice, or hidden in a compound, needs a decision."""
    if any(len(use.item.ingredients) > 1 for use in uses):
        return Severity.MAJOR
    spare = case.catalogue.table("spare_packs").get(uses[0].ingredient, ())
    if all(use.route in spare or (use.item.as_needed and use.route == "inhaled") for use in uses):
        return Severity.MODERATE
    strengths = {use.item.raw.strength for use in uses} - {None}
    if len(strengths) == len(uses) or len({use.item.as_needed for use in uses}) > 1:
        return Severity.INFO
    ways = {(use.single, use.item.form, use.item.route) for use in uses}
    return Severity.MODERATE if len(ways) == len(uses) or case.kind == "herbal" else Severity.MAJOR
