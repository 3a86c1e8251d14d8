"""A route that the table does not know, or none and no dosage form that implies one."""

from collections.abc import Iterator

from audit_rules.lines import Lines
from audit_rules.report import Gap, Hit, Severity, Text
from audit_rules.rule import rule


@rule(
    id="GAP005",
    title=Text("给药途径未识别", "The route is not known"),
    category="route",
    severity=Severity.MAJOR,
    sources=("rx1-codes",),
    line=lambda reading, _: reading.item.route is None,
    lines_only=True,
)
def unknown_route(case: Lines) -> Iterator[Hit | Gap]:
    """A line whose route stands in no table, so that what depends on the route was not checked.

    Why it matters: some drugs are deadly by one route and ordinary by another.
    What to do: write the route as one of the published codes or their Chinese or English names.
    """
    serious = case.catalogue.table("serious_doses")
    for use in case.uses:
        if use.item.route is not None:
            continue
        written = use.item.raw.route
        zh = f"给药途径“{written}”未识别" if written else "未写给药途径"
        en = f"the route “{written}” is not known" if written else "no route is written"
        yield Gap(
            lines=(use.line,),
            reason="route_unknown",
            message=Text(f"{use.item.name}: {zh}, 未审核", f"{use.item.name}: {en}; it was not checked"),
            holds=use.ingredient in serious,
        )
