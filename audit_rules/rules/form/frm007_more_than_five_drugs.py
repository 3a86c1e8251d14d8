"""FRM007."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import number

SOLVENTS = frozenset({"sodium chloride", "glucose"})
INTO_A_VEIN = frozenset(
    {None, "intravenous", "intravenous_push", "intravenous_infusion"}
)  # solvents often lack a route


@rule(
    id="FRM007",
    title=Text("超过5种药品", "more than five drugs"),
    category="form",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-prescription-2007", "cn-comment-2010"),
    refs=("CN-NRM-006",),
    kinds=("western",),
    lines=lambda lines, _: lines.catalogue.table("law").ever_below("max_drugs", len(lines.items)),
)
def more_than_five_drugs(case: Case) -> Iterator[Hit]:
    """A western or patent prescription lists more than five drugs.

    Why it matters: the law allows five; with every further drug harm by interaction grows.
    What to do: drop what is not needed or split. The solvent of an infusion does not count, the same drug counts once.
    """
    limit = case.catalogue.table("law").on("max_drugs", case.issued_on)
    if (
        limit is None
        or case.kind != "western"
        or case.setting == "inpatient"
        or len(case.items) <= limit.value
    ):
        return
    drugs = {
        item.ingredients or (item.name,)
        for item in case.items
        if not (item.route in INTO_A_VEIN and item.ingredients and SOLVENTS.issuperset(item.ingredients))
    }
    if len(drugs) > limit.value:
        yield Hit(
            lines=tuple(item.line for item in case.items),
            drugs=(),
            message=Text(
                f"处方含{len(drugs)}种药品，超过{number(limit.value)}种",
                f"{len(drugs)} drugs on one prescription; the law allows {number(limit.value)}",
            ),
            action=Text("精简用药，或拆分处方。", "Drop what is not needed, or split the prescription."),
            evidence={
                "drugs": str(len(drugs)),
                "limit": number(limit.value),
                "article": f"处方管理办法 {limit.article}",
            },
        )
