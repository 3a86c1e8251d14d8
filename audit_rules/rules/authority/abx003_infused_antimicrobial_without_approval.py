"""ABX003."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.items import Item
from audit_rules.report import Gap, Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

NEED_APPROVAL = {
    "village_clinic": Text("村卫生室", "a village clinic"),
    "clinic": Text("诊所", "a clinic"),
    "community_station": Text("社区卫生服务站", "a community station"),
}
INTO_A_VEIN = frozenset({"intravenous", "intravenous_push", "intravenous_infusion"})


@rule(
    id="ABX003",
    title=Text("基层静脉输注抗菌药物", "infused antimicrobial at a small institution"),
    category="authority",
    severity=Severity.CRITICAL,
    release=Release.TWO_PHARMACISTS,
    sources=("cn-antimicrobial-2012",),
    refs=("CN-ABX-004",),
    ingredients=lambda catalogue: frozenset(k for k, r in catalogue.ingredients.items() if r.antimicrobial),
)
def infused_antimicrobial_without_approval(case: Case) -> Iterator[Hit | Gap]:
    """An antimicrobial into a vein at a village clinic, clinic or community station.

    Why it matters: these places need the county's approval to infuse antimicrobials; allergy and shock must be treatable
    there.
    What to do: give it by mouth, refer the patient, or show the approval: two pharmacists confirm it.
    """
    found = []
    for item in case.items:
        keys = tuple(key for key in item.ingredients if case.ingredient(key).antimicrobial)
        if keys and item.route in INTO_A_VEIN:
            found.append((item, keys))
    place = NEED_APPROVAL.get(case.institution.type or "")
    if found and case.institution.type is None and case.institution.kind == "primary_care":
        yield Gap(
            lines=tuple(item.line for item, _ in found),
            reason="institution_type_unknown",
            message=Text(
                "未传机构类型，静脉用抗菌药物资格未核对", "type of institution not sent: infusion not checked"
            ),
            holds=False,
        )
    if place is not None:
        for item, keys in found:
            yield _hit(case, item, keys, place)


def _hit(case: Case, item: Item, keys: tuple[str, ...], place: Text) -> Hit:
    name = named(case, keys)
    return Hit(
        lines=(item.line,),
        drugs=keys,
        message=Text(
            f"{place.zh}静脉使用{name.zh}，须经县级卫生行政部门核准",
            f"{name.en} into a vein at {place.en} needs the county's approval",
        ),
        action=Text(
            "改口服或转诊；已获核准者由药师核实。", "Give by mouth or refer; pharmacists confirm an approval."
        ),
        evidence={
            "institution type": case.institution.type or "",
            "route": item.route or "",
            "article": "抗菌药物临床应用管理办法 §29",
        },
    )
