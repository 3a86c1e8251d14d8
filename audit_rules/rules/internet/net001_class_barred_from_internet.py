"""NET001."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

CLASSES = {
    "narcotic": Text("麻醉药品", "a narcotic"),
    "psychotropic_1": Text("第一类精神药品", "a class I psychotropic"),
    "psychotropic_2": Text("第二类精神药品", "a class II psychotropic"),
    "toxic": Text("医疗用毒性药品", "a toxic drug"),
    "precursor": Text("药品类易制毒化学品", "a precursor chemical"),
}


@rule(
    id="NET001",
    title=Text("互联网禁开药品", "drug barred from internet care"),
    category="internet",
    severity=Severity.CRITICAL,
    release=Release.NOBODY,
    sources=("cn-internet-care-2018",),
    refs=("CN-INT-001",),
    ingredients=lambda catalogue: (
        catalogue.table("controls").keys_of(*CLASSES)
        | frozenset(k for k, r in catalogue.ingredients.items() if "radioactive" in r.flags)
    ),
)
def class_barred_from_internet(case: Case) -> Iterator[Hit]:
    """A narcotic, psychotropic, toxic, precursor or radioactive drug on an internet prescription.

    Why it matters: these may never be prescribed over the internet, not even on follow-up with a cancer-pain file.
    What to do: the patient comes in person.
    """
    over_the_net = case.setting == "internet" or case.institution.kind == "internet_hospital"
    if not over_the_net or case.setting == "inpatient":
        return
    for item in case.items:
        barred = {key: CLASSES[c] for key, c in case.catalogue.table("controls").of(item, case.issued_on)}
        for key in item.ingredients:
            if "radioactive" in case.ingredient(key).flags:
                barred[key] = Text("放射性药品", "a radioactive drug")
        for key, what in barred.items():
            name = named(case, (key,))
            yield Hit(
                lines=(item.line,),
                drugs=(key,),
                message=Text(
                    f"{name.zh}为{what.zh}，不得在互联网上开具",
                    f"{name.en} is {what.en}: never over the internet",
                ),
                action=Text("请患者到线下医疗机构就诊。", "The patient sees a physician in person."),
                evidence={
                    "setting": case.setting,
                    "article": "互联网诊疗管理办法 §19; 互联网医院管理办法 §21",
                },
            )
