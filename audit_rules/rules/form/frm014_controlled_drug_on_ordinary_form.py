"""FRM014."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

SPECIAL = frozenset({"narcotic", "psychotropic_1"})
SOLVENTS = frozenset({"sodium chloride", "glucose"})


@rule(
    id="FRM014",
    title=Text("处方类别不符", "controlled drug on an ordinary prescription"),
    category="form",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-prescription-2007", "cn-comment-2010"),
    refs=("CN-NRM-013",),
    ingredients=lambda catalogue: catalogue.table("controls").keys_of(*SPECIAL),
)
def controlled_drug_on_ordinary_form(case: Case) -> Iterator[Hit]:
    """A narcotic or class I psychotropic shares its prescription with ordinary drugs.

    Why it matters: these drugs have a form of their own (pale red, 麻、精一), kept three years and counted apart.
    What to do: write them on their own prescription. A solvent may stand with an injection.
    """
    if case.setting == "inpatient" or case.kind == "herbal":  # poppy husk must not be dispensed alone
        return
    table = case.catalogue.table("controls")
    special, ordinary = [], []
    for item in case.items:
        own = [key for key, control in table.of(item, case.issued_on) if control in SPECIAL]
        if own:
            special.append((item, own))
        elif not (item.ingredients and SOLVENTS.issuperset(item.ingredients)):
            ordinary.append(item)
    if special and ordinary:
        keys = tuple(key for _, own in special for key in own)
        name = named(case, keys)
        yield Hit(
            lines=tuple(item.line for item, _ in special) + tuple(item.line for item in ordinary),
            drugs=keys,
            message=Text(
                f"{name.zh}应使用麻、精一专用处方，不与普通药品同方",
                f"{name.en} needs a prescription of its own",
            ),
            action=Text("改用专用处方单独开具。", "Write it on the special form, alone."),
            evidence={
                "ordinary lines": ", ".join(str(i.line) for i in ordinary),
                "article": "处方管理办法 附件1",
            },
        )
