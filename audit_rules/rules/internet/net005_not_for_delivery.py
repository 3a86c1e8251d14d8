"""NET005."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.items import Item
from audit_rules.knowledge.law_rows import OnlineBan, in_force
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="NET005",
    title=Text("禁止网络销售药品要求配送", "drug that may not be sold online is to be delivered"),
    category="internet",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-online-ban-2022",),
    refs=("CN-INT-008", "CN-INT-009"),
    head=lambda head: head.routed,
)
def not_for_delivery(case: Case) -> Iterator[Hit]:
    """The prescription asks for delivery and holds a drug that may not be sold online.

    Why it matters: vaccines, blood products, controlled drugs, injections (but those for diabetes) and listed drugs of
    narrow margin must be handed over by a person.
    What to do: change to pickup.
    """
    routing = case.document.routing
    if routing is None or routing.delivery != "delivery":
        return
    rows = in_force(case.catalogue.table("online_bans"), case.issued_on)
    for item in case.items:
        row = next((row for row in rows if _banned(case, item, row)), None)
        if row is not None:
            name = named(case, item.ingredients) if item.known else Text(item.name, item.name)
            yield Hit(
                lines=(item.line,),
                drugs=item.ingredients,
                message=Text(
                    f"{name.zh}属{row.zh}，不得网络销售配送", f"{name.en}: {row.en}; may not be delivered"
                ),
                action=Text("改为到店自取。", "Change to pickup."),
                evidence={"ban": row.en, "article": row.article},
                refs=(row.ref,),
            )


def _banned(case: Case, item: Item, row: OnlineBan) -> bool:
    if row.kind == "suffix" or not item.known:
        return row.kind == "suffix" and item.name.strip().endswith(row.value)
    if row.compound != "any" and (row.compound == "compound") != (len(item.ingredients) > 1):
        return False
    if row.exempt and all(case.ingredient(key).atc.startswith(row.exempt) for key in item.ingredients):
        return False
    if row.kind == "control":
        return any(c == row.value for _, c in case.catalogue.table("controls").of(item, case.issued_on))
    if row.kind == "flag":
        return any(row.value in case.ingredient(key).flags for key in item.ingredients)
    if row.kind == "route_group":
        return item.route_group == row.value
    return row.value in item.ingredients and item.systemic is not False
