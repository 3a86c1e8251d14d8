"""For whom an ingredient is wrong: the patient tables, allergies, routes and mixing as lines of its page."""

from collections.abc import Iterator

from audit_rules.formulary.together import few
from audit_rules.formulary.words import Words, severity
from audit_rules.knowledge.patient_rows import Fact

# table -> its heading; the order of the page
PATIENT = {
    "diseases": "疾病 disease",
    "labs": "检验 laboratory",
    "ages": "年龄 age",
    "pregnancy": "妊娠 pregnancy",
    "lactation": "哺乳 lactation",
    "sexes": "性别 sex",
    "geriatric": "老年 old age",
}
LEVEL = {"forbidden": "禁用 forbidden", "caution": "慎用 caution"}
REQUIREMENT = {"required": "必须 required", "advised": "建议 advised"}


def lines(key: str, words: Words) -> Iterator[str]:
    """What speaks against the ingredient in some patients."""
    for name, heading in PATIENT.items():
        if facts := words.catalogue.table(name).of(key):
            yield f"- {heading}"
            yield from (
                f"  - {_fact(fact, words)}" for fact in sorted(facts, key=lambda fact: -fact.severity)
            )
    for fact in words.catalogue.table("indications").of(key):
        yield (  # its condition is a list of diagnoses that would be uses: the text says which
            f"- 适应证 indication: {severity(fact.severity)} — {fact.effect_zh} / {fact.effect_en} "
            f"{words.source(fact.source)}"
        )
    if row := words.catalogue.table("herb_pregnancy").get(key):
        yield f"- 妊娠 pregnancy: {LEVEL.get(row.level, row.level)} {words.source(row.source)}"
    yield from _allergies(key, words)


def _fact(fact: Fact, words: Words) -> str:
    routes = "" if fact.routes == ("systemic",) else words.routes(fact.routes)
    about = ", ".join(filter(None, (severity(fact.severity), routes, words.when(fact.when))))
    return (
        f"{about} — {fact.effect_zh} / "
        f"{fact.effect_en} → {fact.action_zh} / {fact.action_en} {words.source(fact.source)}"
    )


def _allergies(key: str, words: Words) -> Iterator[str]:
    table = words.catalogue.table
    for target, members in sorted(table("allergy_groups").items()):
        if key in members:
            yield f"- 过敏 allergy: 对此过敏者禁用 not after an allergy to {words.cells((target,))}"
    for row in words.crossed.get(key, ()):
        yield (
            f"- 交叉过敏 cross-allergy: {severity(row.severity)}, 对其过敏 after an allergy to {few(row.left, (), words)} — "
            f"{row.reason_zh} / {row.reason_en} → {row.action_zh} / {row.action_en} {words.source(row.source)}"
        )


def giving(key: str, words: Words) -> Iterator[str]:
    """Skin test, deadly routes, footnotes, infusions, payment."""
    table = words.catalogue.table
    if row := table("skin_tests").get(key):
        need = REQUIREMENT.get(row.requirement, row.requirement)
        yield f"- 皮试 skin test: {need} — {row.zh} / {row.en} {words.source(row.source)}"
    for row in table("never_routes").get(key, ()):
        yield (
            f"- 禁用途径 never by {words.routes(row.routes)}: {severity(row.severity)} — {row.zh} / {row.en} "
            f"{words.source(row.source)}"
        )
    for row in table("infusion_limits").get(key, ()):
        yield (
            f"- 输注 infusion: {severity(row.severity)} — {row.zh} / {row.en} → {row.action_zh} / {row.action_en} "
            f"{words.source(row.source)}"
        )
    for row in table("herb_footnotes").get(key, ()):
        yield f"- 煎服法 preparation, {row.footnote}: {row.zh} / {row.en} {words.source(row.source)}"
    for row in table("insurance_limits").get(key, ()):
        yield f"- 医保 insurance: {row.zh} / {row.en} {words.source(row.source)}"
