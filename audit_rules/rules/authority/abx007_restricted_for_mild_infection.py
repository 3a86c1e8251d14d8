"""ABX007."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.items import Item
from audit_rules.names import plain
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

HIGHER = frozenset({"restricted", "special"})
PREVENTION = frozenset(
    {"prophylaxis", "prevention", "prophylactic", "预防", "预防用药", "预防感染", "预防性用药"}
)


@rule(
    id="ABX007",
    title=Text(
        "预防或轻症使用限制级以上抗菌药物", "restricted antimicrobial for prevention or a mild infection"
    ),
    category="authority",
    severity=Severity.MAJOR,
    release=Release.REASON,
    sources=("cn-antimicrobial-2012", "cn-antimicrobial-guide-2015"),
    refs=("CN-ABX-005",),
    ingredients=lambda catalogue: frozenset(
        k for k, r in catalogue.ingredients.items() if r.antimicrobial in HIGHER
    ),
)
def restricted_for_mild_infection(case: Case) -> Iterator[Hit]:
    """A systemic antimicrobial of restricted or special use for prevention, or for a mild or local infection only.

    Prevention is what the line says (purpose), or Z29.2. Mild is a pharyngitis, tonsillitis, bronchitis, boil, gum or the
    like while no graver infection, immune defect or chronic lung disease is coded. A recorded allergy is a reason
    of its own and leaves the rule silent.

    Why it matters: the law asks for the unrestricted grade first; what is used for small things no longer works for grave ones.
    What to do: choose an unrestricted drug, or state the reason (culture, failure of the first choice).
    """
    lists = case.catalogue.table("icd_lists")
    if case.patient.allergies:
        return
    mild = case.has_icd(lists["mild_infection"]) and not case.has_icd(lists["grave_infection"])
    for item in case.items:
        keys = tuple(k for k in item.ingredients if case.ingredient(k).antimicrobial in HIGHER)
        if keys and item.systemic is not False and (why := _why(case, item, mild)):
            name = named(case, keys)
            yield Hit(
                lines=(item.line,),
                drugs=keys,
                message=Text(
                    f"{why.zh}使用{name.zh}，应首选非限制使用级",
                    f"{name.en} for {why.en}: unrestricted first",
                ),
                action=Text(
                    "改用非限制使用级品种；有药敏结果或首选无效者请注明理由。",
                    "Choose an unrestricted drug, or state the reason (culture, first choice failed).",
                ),
                evidence={"diagnoses": ", ".join(case.diagnoses), "article": "抗菌药物临床应用管理办法 §26"},
            )


def _why(case: Case, item: Item, mild: bool) -> Text | None:
    if plain(item.purpose or "") in PREVENTION or case.has_icd(("Z29.2",)):
        return Text("预防用药", "prevention")
    return Text("轻症或局部感染", "a mild or local infection") if mild else None
