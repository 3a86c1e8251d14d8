"""HRB004."""

from collections.abc import Iterator
from decimal import Decimal

from audit_rules.case import Case
from audit_rules.decoctions import for_outside
from audit_rules.items import Use
from audit_rules.knowledge.herbal_rows import ToxicPiece, in_force_pieces
from audit_rules.report import Gap, Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named, number


@rule(
    id="HRB004",
    title=Text("毒性饮片超过二日极量", "toxic piece over two days of its maximum"),
    category="legality",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-toxic-1988", "chp-2020"),
    refs=("CN-TCM-005", "CN-SPC-012"),
    ingredients=lambda catalogue: frozenset(catalogue.table("toxic_pieces")),
)
def toxic_piece_over_two_days(case: Case) -> Iterator[Hit | Gap]:
    """A raw piece of the national toxic list: the whole prescription exceeds two days of the maximum, or it is for outside only.

    Why it matters: the law limits each prescription to two days of the maximum dose; the rest could poison a family.
    What to do: fewer doses, or the processed piece. What is written without "raw" (生) is given out processed.
    """
    rows = in_force_pieces(case.catalogue.table("toxic_pieces"), case.issued_on)
    limit = case.catalogue.table("law").on("toxic_days", case.issued_on)
    outside = for_outside(case)
    for use in case.uses:
        row = rows.get(use.ingredient)
        if row is None or limit is None:
            continue
        if not row.internal:
            if not outside:
                yield _outside_only(case, use)
            continue
        total = _total(case, use)
        if total is None:
            yield Gap(
                lines=(use.line,),
                reason="doses_missing",
                message=Text(
                    "毒性饮片总量无法确定，未核对二日极量", "whole amount of the toxic piece not known"
                ),
                holds=True,
            )
        elif total > limit.value * row.max_daily_g:
            yield _over(case, use, row, total, limit.value)


def _total(case: Case, use: Use) -> Decimal | None:
    if use.single is None or use.single.unit != "mg":
        return None
    if case.herbal is not None and case.herbal.doses is not None:
        return use.single.value * case.herbal.doses / 1000
    if use.daily is None or use.item.days is None:
        return None
    return use.daily.value * use.item.days / 1000


def _outside_only(case: Case, use: Use) -> Hit:
    name = named(case, (use.ingredient,))
    return Hit(
        lines=(use.line,),
        drugs=(use.ingredient,),
        message=Text(f"{name.zh}仅供外用，不得内服", f"{name.en} is for outside use only"),
        action=Text("去除，或写明外用及用法。", "Take it out, or write the outside use."),
        evidence={"internal use": "no"},
    )


def _over(case: Case, use: Use, row: ToxicPiece, total: Decimal, days: Decimal) -> Hit:
    name, most = named(case, (use.ingredient,)), days * row.max_daily_g
    return Hit(
        lines=(use.line,),
        drugs=(use.ingredient,),
        message=Text(
            f"毒性饮片{name.zh}全方{number(total)}g，超过二日极量{number(most)}g",
            f"toxic piece {name.en}: {number(total)} g in all, over two days of the maximum ({number(most)} g)",
        ),
        action=Text("减少剂数或克数，或改用炮制品。", "Fewer doses or grams, or the processed piece."),
        evidence={"total g": number(total), "limit g": number(most), "article": "医疗用毒性药品管理办法 §9"},
    )
