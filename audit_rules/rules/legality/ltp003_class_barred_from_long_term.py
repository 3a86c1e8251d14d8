"""LTP003."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.items import Item
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
INFECTION = ("J01", "J02", "J04", "J05")  # antibacterials, antimycotics, drugs for mycobacteria, antivirals
ANTIMICROBIAL = Text("抗微生物药物", "an antimicrobial")


@rule(
    id="LTP003",
    title=Text("长期处方含禁用类别", "class barred from long-term prescriptions"),
    category="legality",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-long-term-2021",),
    refs=("CN-LTP-003",),
    ingredients=lambda catalogue: (
        catalogue.table("controls").keys_of(*CLASSES)
        | frozenset(
            k for k, r in catalogue.ingredients.items() if r.antimicrobial or r.atc.startswith(INFECTION)
        )
    ),
    head=lambda head: head.long_term,
)
def class_barred_from_long_term(case: Case) -> Iterator[Hit]:
    """A narcotic, psychotropic, toxic, precursor or anti-infective drug on a long-term prescription.

    Drugs with special storage are barred too, where a region says which; insulin is given out long-term everywhere and
    is not spoken of.

    Why it matters: these need to be judged anew each time. Anti-infectives for chronic infections (tuberculosis, HIV,
    chronic hepatitis, chronic osteomyelitis, deep and nail mycoses) are excepted.
    What to do: write this drug on an ordinary prescription within its own limits.
    """
    if not case.long_term:
        return
    chronic = case.has_icd(case.catalogue.table("icd_lists")["chronic_infection"])
    for item in case.items:
        for keys, what in _barred(case, item, chronic):
            name = named(case, keys)
            yield Hit(
                lines=(item.line,),
                drugs=keys,
                message=Text(
                    f"{name.zh}为{what.zh}，不得用于长期处方",
                    f"{name.en} is {what.en}: not on long-term prescriptions",
                ),
                action=Text(
                    "另开普通处方，按其限量执行。", "Write it on an ordinary prescription within its limits."
                ),
                evidence={"long_term": "true", "article": "长期处方管理规范(试行): 不得用于长期处方的药品"},
            )


def _barred(case: Case, item: Item, chronic_infection: bool) -> Iterator[tuple[tuple[str, ...], Text]]:
    for key, control in case.catalogue.table("controls").of(item, case.issued_on):
        yield (key,), CLASSES[control]
    if item.systemic is not False and not chronic_infection:
        rows = ((key, case.ingredient(key)) for key in item.ingredients)
        keys = tuple(key for key, row in rows if row.antimicrobial or row.atc.startswith(INFECTION))
        if keys:
            yield keys, ANTIMICROBIAL
