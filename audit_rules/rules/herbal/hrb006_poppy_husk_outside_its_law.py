"""HRB006."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from audit_rules.case import Case
from audit_rules.items import Use
from audit_rules.report import Gap, Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import number

HUSK = "yingsuqiao"


@rule(
    id="HRB006",
    title=Text("罂粟壳使用不合规", "poppy husk outside its law"),
    category="legality",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-pieces-2007",),
    refs=("CN-TCM-008",),
    ingredients=lambda catalogue: frozenset((HUSK,)),
)
def poppy_husk_outside_its_law(case: Case) -> Iterator[Hit | Gap]:
    """Poppy husk alone, for more than three days, more than six grams a day, or more than seven days in a row.

    Why it matters: it is opium in a piece; the law keeps it small, short and mixed with other pieces.
    What to do: mix it, lower it, shorten it. The right to prescribe narcotics is checked by LEG003.
    """
    uses = case.uses_of(HUSK)
    if not uses:
        return
    law, day = case.catalogue.table("law"), case.issued_on
    days = _days(case, uses[0])
    if days is None:
        yield Gap(
            lines=tuple(use.line for use in uses),
            reason="doses_missing",
            message=Text("罂粟壳用药日数未知，未核对", "days of poppy husk not known: not checked"),
            holds=True,
        )
    run = _run(case, days or Decimal(0))
    grams = sum((use.daily.value for use in uses if use.daily is not None), Decimal(0)) / 1000
    for key, found, zh, en in (
        ("poppy_husk_days", days, "每张处方日数", "days on one prescription"),
        ("poppy_husk_grams", grams, "每日克数", "grams a day"),
        ("poppy_husk_run_days", run, "连续使用日数", "days in a row"),
    ):
        limit = law.on(key, day)
        if limit is not None and found is not None and found > limit.value:
            yield _hit(
                uses,
                Text(
                    f"罂粟壳{zh}{number(found)}，限{number(limit.value)}",
                    f"poppy husk, {en}: {number(found)}, limit {limit.value}",
                ),
            )
    if all(set(item.ingredients) == {HUSK} for item in case.items):
        yield _hit(uses, Text("罂粟壳不得单方使用", "poppy husk must not be dispensed alone"))


def _hit(uses: tuple[Use, ...], what: Text) -> Hit:
    return Hit(
        lines=tuple(use.line for use in uses),
        drugs=(HUSK,),
        message=what,
        action=Text(
            "与其他饮片同方，不超过3日、每日6g、连续7日。",
            "Mixed with other pieces: 3 days, 6 g a day, 7 days in a row at most.",
        ),
        evidence={"article": "医院中药饮片管理规范: 罂粟壳条"},
    )


def _days(case: Case, use: Use) -> Decimal | None:
    if case.herbal is not None and case.herbal.doses is not None:
        return case.herbal.doses / (case.herbal.per_day or Decimal(1))
    return use.item.days


def _run(case: Case, days: Decimal) -> Decimal:
    start = case.issued_on
    for past in sorted(case.past_in(HUSK), key=lambda p: p.issued_on, reverse=True):
        if past.ends_on is None or past.ends_on >= start - timedelta(days=1):
            start = min(start, past.issued_on)
    return Decimal((case.issued_on - start).days) + days
