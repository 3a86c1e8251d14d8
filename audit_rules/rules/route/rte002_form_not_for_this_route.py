"""RTE002."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit_rules.items import Item
from audit_rules.knowledge.injection_rows import FormRoutes
from audit_rules.lines import Lines
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule

if TYPE_CHECKING:
    from audit_rules.catalogue import Catalogue

INTO_THE_BODY = frozenset({"parenteral", "intrathecal", "epidural", "local_injection"})


@rule(
    id="RTE002",
    title=Text("剂型与给药途径不符", "dosage form not for this route"),
    category="route",
    severity=Severity.MAJOR,
    release=Release.PHARMACIST,
    sources=("cn-review-2018", "chp-2020-forms"),
    refs=("CN-APP-005",),
    line=lambda reading, catalogue: _misfit(reading.item, catalogue) is not None,
    lines_only=True,
)
def form_not_for_this_route(case: Lines) -> Iterator[Hit]:
    """The dosage form cannot go by the route: a tablet into a vein, an extended-release tablet crushed for a feeding tube.

    Why it matters: an oral form injected kills; a crushed extended-release tablet gives the dose of a day at once.
    What to do: correct the route, or choose the form made for it.
    """
    for item in case.items:
        row = _misfit(item, case.catalogue)
        if row is not None:
            yield _hit(case, item, row.zh, row.en)


def _misfit(item: Item, catalogue: "Catalogue") -> FormRoutes | None:
    row: FormRoutes | None = catalogue.table("form_routes").get(item.form)
    if row is None or item.raw.route is None or item.route_group is None:
        return None
    fits = item.route_group in row.groups and item.route not in row.never_routes
    return None if fits else row


def _hit(case: Lines, item: Item, zh: str, en: str) -> Hit:
    route = case.catalogue.routes.get(item.route or "")
    return Hit(
        lines=(item.line,),
        drugs=item.ingredients,
        message=Text(
            f"{item.name}为{zh}，不适用于{route.zh if route else item.route}",
            f"{item.name} is {en}; not for {route.en if route else item.route} use",
        ),
        action=Text("更正给药途径或改用相应剂型。", "Correct the route, or choose the form made for it."),
        evidence={"form": item.form or "", "route": item.route or ""},
        severity=Severity.CRITICAL if item.route_group in INTO_THE_BODY else None,
        cause=f"route:{item.line}",
    )
