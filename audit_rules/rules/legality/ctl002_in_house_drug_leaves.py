"""CTL002."""

import re
from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.items import Item
from audit_rules.knowledge.law_rows import InHouse, doses_given, in_force, sent_out
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="CTL002",
    title=Text("仅限机构内使用的麻醉药品外流", "in-house narcotic leaves the institution"),
    category="legality",
    severity=Severity.CRITICAL,
    release=Release.NOBODY,
    sources=("cn-prescription-2007-supply",),
    refs=("CN-SPC-009",),
    ingredients=lambda catalogue: frozenset(catalogue.table("in_house")),
)
def in_house_drug_leaves(case: Case) -> Iterator[Hit]:
    """Pethidine or dihydroetorphine for more than one dose, to take home, or in a hospital below the level required.

    Why it matters: both are used inside the institution only, one usual dose a prescription.
    What to do: give one dose under supervision here, or choose another opioid.
    """
    rows: dict[str, InHouse] = case.catalogue.table("in_house")
    for item in case.items:
        for key in item.ingredients:
            for row in in_force([rows[key]] if key in rows else [], case.issued_on):
                why = _wrong(case, item, row)
                if why is None:
                    continue
                name = named(case, (key,))
                yield Hit(
                    lines=(item.line,),
                    drugs=(key,),
                    message=Text(f"{row.zh}: {why.zh}", f"{row.en}: {why.en}"),
                    action=Text(
                        f"{name.zh}限本机构内使用一次常用量；需带回者改用其他镇痛药。",
                        f"One dose of {name.en} inside this institution; to take home choose another analgesic.",
                    ),
                    evidence={
                        "setting": case.setting,
                        "level": case.institution.level or "",
                        "article": f"处方管理办法 {row.article}",
                    },
                    cause=f"controlled-supply:{item.line}",
                )


def _wrong(case: Case, item: Item, row: InHouse) -> Text | None:
    if case.setting in ("internet", "home") or sent_out(case.document):
        return Text("本方将在机构外使用", "this one is used outside")
    level = re.match(r"[1-3]", case.institution.level or "")
    if row.min_level is not None and (level is None or int(level[0]) < row.min_level):
        return Text("本机构级别不足或未报告级别", "the level of this institution is too low or not reported")
    given = doses_given(item)
    if given is None:
        return Text("未写明为一次用量", "it does not say that it is one dose")
    return Text("本方超过一次用量", "this one is for more than one dose") if given > row.max_doses else None
