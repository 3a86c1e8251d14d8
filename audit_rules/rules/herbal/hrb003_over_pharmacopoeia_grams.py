"""HRB003."""

from collections.abc import Iterator
from decimal import Decimal

from audit_rules.case import Case
from audit_rules.decoctions import for_outside
from audit_rules.items import Use
from audit_rules.knowledge.herbal_rows import HerbLimit
from audit_rules.report import Gap, Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named, number

TOXIC = {
    "very_toxic": Text("大毒", "very toxic"),
    "toxic": Text("有毒", "toxic"),
    "slightly_toxic": Text("小毒", "slightly toxic"),
}


@rule(
    id="HRB003",
    title=Text("饮片超药典用量", "decoction piece over the pharmacopoeia's grams"),
    category="herbal_dose",
    severity=Severity.MAJOR,
    release=Release.DOUBLE_SIGN,
    sources=("chp-2020", "cn-pieces-2007"),
    refs=("CN-TCM-004",),
    ingredients=lambda catalogue: frozenset(catalogue.table("herb_limits")),
)
def over_pharmacopoeia_grams(case: Case) -> Iterator[Hit | Gap]:
    """A piece for more grams a day than the pharmacopoeia gives. Toxic pieces stop the prescription.

    Why it matters: aconite, asarum, pinellia and the like have a narrow margin.
    What to do: lower the grams, or sign again; from twice the limit of a toxic piece two pharmacists decide.
    Decoctions for outside use have other limits and are only shown.
    """
    limits: dict[str, HerbLimit] = case.catalogue.table("herb_limits")
    for key in dict.fromkeys(use.ingredient for use in case.uses if use.ingredient in limits):
        uses = case.uses_of(key)
        grams = _grams(uses)
        row = limits[key]
        if grams is None:
            yield _gap(case, uses, row)
        elif grams > row.max_g:
            yield _over(case, uses, row, grams)


def _grams(uses: tuple[Use, ...]) -> Decimal | None:
    amounts = [use.daily for use in uses]
    if any(amount is None or amount.unit != "mg" for amount in amounts):
        return None
    return sum((amount.value for amount in amounts if amount is not None), Decimal(0)) / 1000


def _gap(case: Case, uses: tuple[Use, ...], row: HerbLimit) -> Gap:
    name = named(case, (row.ingredient,))
    return Gap(
        lines=tuple(use.line for use in uses),
        reason=next((use.why_no_daily for use in uses if use.why_no_daily), "dose_unreadable"),
        message=Text(
            f"{name.zh}的每日克数无法确定，用量未核对", f"grams a day of {name.en} not known: not checked"
        ),
        holds=bool(row.toxicity),
    )


def _over(case: Case, uses: tuple[Use, ...], row: HerbLimit, grams: Decimal) -> Hit:
    name, label = named(case, (row.ingredient,)), TOXIC.get(row.toxicity)
    severity = Severity.MODERATE if for_outside(case) else Severity.CRITICAL if label else None
    return Hit(
        lines=tuple(use.line for use in uses),
        drugs=(row.ingredient,),
        message=Text(
            f"{name.zh}{number(grams)}g/日，超过药典{number(row.max_g)}g"
            + (f"({label.zh})" if label else ""),
            f"{name.en} {number(grams)} g a day, over the pharmacopoeia's {number(row.max_g)} g"
            + (f" ({label.en})" if label else ""),
        ),
        action=Text(
            f"减至{number(row.max_g)}g以内；确需超量者医师再次签名(双签字)。",
            f"Lower to {number(row.max_g)} g or less; if truly meant, sign again.",
        ),
        evidence={
            "grams a day": number(grams),
            "limit": number(row.max_g),
            "toxicity": row.toxicity or "none",
        },
        severity=severity,
        release=Release.TWO_PHARMACISTS if label and grams >= 2 * row.max_g else None,
        cause=f"herb-grams:{row.ingredient}",
    )
