"""INS001."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

from audit_rules.case import Case
from audit_rules.items import Item
from audit_rules.knowledge.insurance_rows import InsuranceLimit
from audit_rules.names import plain
from audit_rules.report import Gap, Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named, number

REFS = {
    "age": "CN-INS-001",
    "sex": "CN-INS-002",
    "level": "CN-INS-003",
    "setting": "CN-INS-004",
    "days": "CN-INS-005",
    "scheme": "CN-INS-006",
    "diagnosis": "CN-INS-007",
    "second_line": "CN-INS-008",
}
COURSE = timedelta(days=30)  # earlier supplies of one course are not further back than this


@rule(
    id="INS001",
    title=Text("超出医保限定支付范围", "outside what the insurance fund pays for"),
    category="insurance",
    severity=Severity.MAJOR,
    release=Release.PHARMACIST,
    sources=("cn-nrdl-2023",),
    refs=tuple(REFS.values()),
    ingredients=lambda catalogue: frozenset(catalogue.table("insurance_limits")),
    head=lambda head: bool(head.fee_type),
    when=lambda case: payer(case) is not None,
)
def outside_what_the_fund_pays(case: Case) -> Iterator[Hit | Gap]:
    """The fund is to pay (`fee_type`), and the drug list pays for this drug only under a condition that is not met.

    Conditions: age, sex, level of the hospital, setting, days of a course, scheme, diagnosis, an earlier first-line drug
    (info only). A prescription that the patient pays, or without a fee type, is silent: this is never a clinical stop.
    A diagnosis is compared by its code; text without a code is compared with nothing.

    Why it matters: the fund takes back what was paid outside its list, from the institution.
    What to do: change the fee type to self-pay with the patient's consent, correct the record, or choose another drug.
    """
    scheme = payer(case)
    if scheme is None:
        return
    limits = case.catalogue.table("insurance_limits")
    for item in case.items:
        for key in item.ingredients:
            for row in limits.get(key, ()):
                if row.forms and item.form not in row.forms:
                    continue
                met = _met(case, item, row, scheme)
                if met is None:
                    yield _unknown(case, item, row)
                elif not met:
                    yield _hit(case, item, row)


def payer(case: Case) -> str | None:
    """The scheme that pays, None where the fund does not or nobody said."""
    word = case.document.fee_type
    return case.catalogue.table("insurance_payers").get(plain(word)) if word else None


def _met(case: Case, item: Item, row: InsuranceLimit, scheme: str) -> bool | None:
    if row.kind == "scheme":
        return scheme in row.value
    return CHECKS[row.kind](case, item, row)


def _age(case: Case, item: Item, row: InsuranceLimit) -> bool:
    sign, bound = re.fullmatch(r"(<|>=)(\d+)", row.value[0]).groups()  # type: ignore[union-attr]
    return (case.patient.age_years < int(bound)) == (sign == "<")


def _sex(case: Case, item: Item, row: InsuranceLimit) -> bool:
    return case.patient.sex in (*row.value, "unknown")


def _level(case: Case, item: Item, row: InsuranceLimit) -> bool | None:
    level = re.match(r"[1-3]", case.institution.level or "")
    return int(level[0]) >= int(row.value[0]) if level else None


def _setting(case: Case, item: Item, row: InsuranceLimit) -> bool:
    return case.setting in row.value


def _days(case: Case, item: Item, row: InsuranceLimit) -> bool:
    since = case.issued_on - COURSE
    earlier = [
        Decimal((past.ends_on - past.issued_on).days)
        for past in case.past
        if past.ingredient == row.ingredient and past.ends_on is not None and past.issued_on >= since
    ]
    return (item.days or Decimal(0)) + sum(earlier) <= Decimal(row.value[0])


def _diagnosis(case: Case, item: Item, row: InsuranceLimit) -> bool:
    posted = case.document.diagnoses or ()
    bare = any(not (d.code or "").strip() for d in posted)
    return bare or not posted or case.has_icd(row.value)


def _second_line(case: Case, item: Item, row: InsuranceLimit) -> bool:
    first = frozenset().union(*(case.members(cell) for cell in row.value))
    return not first.isdisjoint(case.ingredients) or row.ingredient in {p.ingredient for p in case.past}


CHECKS: dict[str, Callable[[Case, Item, InsuranceLimit], bool | None]] = {
    "age": _age,
    "sex": _sex,
    "level": _level,
    "setting": _setting,
    "days": _days,
    "diagnosis": _diagnosis,
    "second_line": _second_line,
}


def _hit(case: Case, item: Item, row: InsuranceLimit) -> Hit:
    name = named(case, (row.ingredient,))
    return Hit(
        lines=(item.line,),
        drugs=(row.ingredient,),
        message=Text(
            f"{name.zh}医保{row.zh}，本处方不符", f"{name.en}: the fund pays for {row.en}; not met here"
        ),
        action=Text(
            "经患者同意改自费，补正信息，或改用其他药品。",
            "Self-pay with the patient's consent, correct the record, or choose another drug.",
        ),
        evidence={
            "fee type": case.document.fee_type or "",
            "limit": f"{row.kind}: {', '.join(row.value)}",
            **({"days": number(item.days)} if row.kind == "days" and item.days is not None else {}),
        },
        severity=Severity.INFO if row.kind == "second_line" else None,
        refs=(REFS[row.kind],),
        sources=(row.source,),
    )


def _unknown(case: Case, item: Item, row: InsuranceLimit) -> Gap:
    name = named(case, (row.ingredient,))
    return Gap(
        lines=(item.line,),
        reason="institution_level_unknown",
        message=Text(
            f"未传机构级别，{name.zh}的支付范围未核对",
            f"level of the institution not sent: payment of {name.en} not checked",
        ),
        holds=False,
    )
