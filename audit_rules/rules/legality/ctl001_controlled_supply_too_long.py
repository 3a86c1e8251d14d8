"""CTL001."""

from collections.abc import Iterator
from decimal import Decimal

from audit_rules.case import Case
from audit_rules.items import Item
from audit_rules.knowledge.law_rows import SupplyLimit, doses_given, in_force, supply_form
from audit_rules.report import Gap, Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named, number

CLASSES = ("narcotic", "psychotropic_1", "psychotropic_2")
FORMS = {
    "injection": Text("注射剂", "injection"),
    "extended_release": Text("控缓释制剂", "extended-release form"),
    "other": Text("其他剂型", "other form"),
}


@rule(
    id="CTL001",
    title=Text("麻醉、精神药品处方超量", "controlled drug over its supply limit"),
    category="legality",
    severity=Severity.CRITICAL,
    release=Release.NOBODY,
    sources=("cn-prescription-2007-supply",),
    refs=(
        "CN-SPC-001",
        "CN-SPC-002",
        "CN-SPC-003",
        "CN-SPC-004",
        "CN-SPC-005",
        "CN-SPC-006",
        "CN-SPC-007",
        "CN-SPC-008",
    ),
    ingredients=lambda catalogue: catalogue.table("controls").keys_of(*CLASSES),
)
def controlled_supply_too_long(case: Case) -> Iterator[Hit | Gap]:
    """A narcotic or psychotropic drug for more days or doses than the law allows for its class, form and patient.

    Why it matters: the limits keep opioids and sedatives from piling up at home and from being sold on.
    What to do: shorten the supply. Patients on the cancer-pain file have longer limits; class II drugs may go beyond
    seven days with a stated reason.
    """
    for item in case.items:
        if any(case.ingredient(key).kind == "piece" for key in item.ingredients):
            continue  # poppy husk has a law of its own, HRB006
        for key, control in case.catalogue.table("controls").of(item, case.issued_on):
            row = _limit(case, item, key, control)
            if row is None or (row.reason and (case.reasons.over_supply or "").strip()):
                continue
            yield from _judged(case, item, key, control, row)


def _limit(case: Case, item: Item, key: str, control: str) -> SupplyLimit | None:
    place = "inpatient" if case.setting == "inpatient" else "outpatient"
    on_file = bool(case.programme and case.programme.cancer_pain_file)
    form = supply_form(item)
    rows: tuple[SupplyLimit, ...] = case.catalogue.table("supply_limits")
    for row in in_force(rows, case.issued_on):
        fits = (
            row.control == control
            and row.ingredient in ("", key)
            and row.form in ("any", form)
            and row.place == place
            and (row.pain_file is None or row.pain_file == on_file)
            and (row.max_age is None or case.patient.age_years < row.max_age)
        )
        if fits and (not row.icd_list or case.has_icd(case.catalogue.table("icd_lists")[row.icd_list])):
            return row
    return None


def _judged(case: Case, item: Item, key: str, control: str, row: SupplyLimit) -> Iterator[Hit | Gap]:
    limit = row.max_days if row.max_days is not None else row.max_doses
    given = item.days if row.max_days is not None else doses_given(item)
    if given is None or limit is None:
        yield Gap(
            lines=(item.line,),
            reason="days_missing",
            message=Text(
                "未写用药日数或频次，特殊药品用量未核对",
                "days or frequency missing: controlled supply not checked",
            ),
            holds=control != "psychotropic_2",
        )
    elif given > limit:
        yield _over(case, item, key, row, given, limit)


def _over(case: Case, item: Item, key: str, row: SupplyLimit, given: Decimal, limit: Decimal) -> Hit:
    name, form = named(case, (key,)), FORMS[supply_form(item)]
    zh, en = ("日", "days") if row.max_days is not None else ("次常用量", "single doses")
    return Hit(
        lines=(item.line,),
        drugs=(key,),
        message=Text(
            f"{name.zh}({form.zh})开具{number(given)}{zh}，限{number(limit)}{zh}",
            f"{name.en} ({form.en}): {number(given)} {en}; the limit is {number(limit)}",
        ),
        action=Text(
            f"改为不超过{number(limit)}{zh}。" + ("确需延长须说明理由。" if row.reason else ""),
            f"Give no more than {number(limit)} {en}."
            + (" A longer supply needs a stated reason." if row.reason else ""),
        ),
        evidence={
            "given": number(given),
            "limit": number(limit),
            "class": row.control,
            "article": f"处方管理办法 {row.article}",
        },
        release=Release.REASON if row.reason else None,
        refs=(row.ref,),
        cause=f"controlled-supply:{item.line}",
    )
