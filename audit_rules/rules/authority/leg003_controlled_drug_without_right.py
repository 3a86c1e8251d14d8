"""LEG003."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.items import Item
from audit_rules.report import Gap, Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

CLASSES = {
    "narcotic": (Text("麻醉药品", "a narcotic"), "CN-LEG-004", "处方管理办法 §11, §47"),
    "psychotropic_1": (
        Text("第一类精神药品", "a class I psychotropic"),
        "CN-LEG-004",
        "处方管理办法 §11, §47",
    ),
    "toxic": (Text("医疗用毒性药品", "a toxic drug"), "CN-LEG-007", "处方审核规范 §13(三); 处方管理办法 §14"),
    "radioactive": (
        Text("放射性药品", "a radioactive drug"),
        "CN-LEG-007",
        "处方审核规范 §13(三); 处方管理办法 §14",
    ),
}


@rule(
    id="LEG003",
    title=Text("无特殊药品处方权", "controlled drug without the right to prescribe it"),
    category="authority",
    severity=Severity.CRITICAL,
    release=Release.NOBODY,
    sources=("cn-prescription-2007", "cn-controlled-2005", "cn-review-2018"),
    refs=("CN-LEG-004", "CN-LEG-007"),
    ingredients=lambda catalogue: (
        catalogue.table("controls").keys_of(*CLASSES)
        | frozenset(k for k, r in catalogue.ingredients.items() if "radioactive" in r.flags)
    ),
)
def controlled_drug_without_right(case: Case) -> Iterator[Hit | Gap]:
    """A narcotic (poppy husk among them), class I psychotropic, toxic or radioactive drug, and the prescriber lacks its
    right.

    Why it matters: these rights follow training and an examination at the institution; without them the law forbids it.
    What to do: a physician who holds the right sees the patient and prescribes.
    """
    rights = case.prescriber.rights
    for item in case.items:
        for key, control in _managed(case, item):
            if control not in CLASSES or (rights is not None and control in rights):
                continue
            what, ref, article = CLASSES[control]
            name = named(case, (key,))
            if rights is None:
                yield Gap(
                    lines=(item.line,),
                    reason="rights_unknown",
                    message=Text(
                        f"未传医师处方权，{name.zh}({what.zh})未核对",
                        f"rights not sent: {name.en} not checked",
                    ),
                    holds=True,
                )
                continue
            yield Hit(
                lines=(item.line,),
                drugs=(key,),
                message=Text(
                    f"{name.zh}为{what.zh}，开方医师无相应处方权",
                    f"{name.en} is {what.en}; the prescriber does not hold the right to prescribe it",
                ),
                action=Text(
                    "由有相应处方权的医师诊查后开具。",
                    "A physician who holds the right examines and prescribes.",
                ),
                evidence={"rights": ", ".join(rights) or "none", "class": control, "article": article},
                refs=(ref,),
            )


def _managed(case: Case, item: Item) -> Iterator[tuple[str, str]]:
    yield from case.catalogue.table("controls").of(item, case.issued_on)
    for key in item.ingredients:
        if "radioactive" in case.ingredient(key).flags:
            yield key, "radioactive"
