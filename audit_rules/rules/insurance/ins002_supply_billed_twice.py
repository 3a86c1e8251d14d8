"""INS002."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.items import Use
from audit_rules.names import plain
from audit_rules.past import Past
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.supply import days_left, in_supply
from audit_rules.wording import named


@rule(
    id="INS002",
    title=Text("医保重复、超量或分解处方", "supply billed to the fund twice"),
    category="insurance",
    severity=Severity.MAJOR,
    release=Release.PHARMACIST,
    sources=("cn-fund-2021",),
    refs=("CN-INS-009",),
    repeats=True,
    head=lambda head: bool(head.fee_type),
    when=lambda case: bool(case.linked),
)
def supply_billed_twice(case: Case) -> Iterator[Hit]:
    """The fund is to pay, and an earlier supply of the same ingredient is not used up, at whichever institution.

    What was issued on the same day by the same institution is a prescription split in two. Refills a few days early and
    drugs taken when needed do not count (see HIS001).

    Why it matters: repeated, excessive and split prescriptions are what the fund's supervision looks for.
    What to do: cancel or shorten; where the plan has changed, say so.
    """
    word = case.document.fee_type
    if not word or plain(word) not in case.catalogue.table("insurance_payers"):
        return
    for key, found in in_supply(case).items():
        if not _plan_changed(found):
            yield _hit(case, key, found, word)


def _plan_changed(found: tuple[tuple[Use, Past], ...]) -> bool:
    return all(
        use.daily is not None and past.daily is not None and use.daily != past.daily for use, past in found
    )


def _hit(case: Case, key: str, found: tuple[tuple[Use, Past], ...], word: str) -> Hit:
    past = max((p for _, p in found), key=lambda p: (p.ends_on or p.issued_on, p.number or ""))
    split = past.issued_on == case.issued_on and past.institution == case.institution.code
    name, left = named(case, (key,)), days_left(case, past)
    return Hit(
        lines=tuple(use.line for use, _ in found),
        drugs=(key,),
        message=Text(
            f"{name.zh}医保重复开药: {past.institution} {past.issued_on}所开还剩{left}天"
            + ("，同日拆分处方" if split else ""),
            f"{name.en} billed again: {left} days are left of {past.institution}, {past.issued_on}"
            + ("; split on one day" if split else ""),
        ),
        action=Text("取消或减少用量；方案变更者注明。", "Cancel or shorten; say where the plan has changed."),
        evidence={
            "fee type": word,
            "days_left": str(left),
            "article": "医疗保障基金使用监督管理条例 §15, §38",
        },
        history=tuple({repr(p.ref): p.ref for _, p in found}.values()),
        cause=f"supply:{key}",
    )
