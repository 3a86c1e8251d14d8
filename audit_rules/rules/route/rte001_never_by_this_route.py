"""RTE001."""

from collections.abc import Iterator

from audit_rules.items import Item
from audit_rules.knowledge.injection_rows import NeverRoute
from audit_rules.lines import Lines
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

AT_HOME = frozenset({"outpatient", "internet", "home"})


@rule(
    id="RTE001",
    title=Text("禁用的给药途径", "never by this route"),
    category="route",
    severity=Severity.CRITICAL,
    release=Release.NOBODY,
    sources=("cn-high-alert",),
    refs=("CN-APP-020", "CN-APP-005"),
    ingredients=lambda catalogue: frozenset(catalogue.table("never_routes")),
    lines_only=True,
)
def never_by_this_route(case: Lines) -> Iterator[Hit]:
    """A drug by a route that kills or maims: vincristine intrathecally, potassium chloride pushed, depot penicillin in a vein.

    Why it matters: these are the never events of medication safety; there is no second chance.
    What to do: correct the route. A depot or insulin suspension for a week or more to take home is injected by the
    patient or at a visit: there a written intravenous route is a slip of the document, to be corrected and sent again.
    """
    table = case.catalogue.table("never_routes")
    for item in case.items:
        for key in item.ingredients:
            for row in table.get(key, ()):
                if item.route not in row.routes or (row.forms and item.form not in row.forms):
                    continue
                name = named(case, (key,))
                route = case.catalogue.routes.get(item.route or "")
                yield Hit(
                    lines=(item.line,),
                    drugs=(key,),
                    message=Text(
                        f"{name.zh}({route.zh if route else item.route}): {row.zh}",
                        f"{name.en} ({route.en if route else item.route}): {row.en}",
                    ),
                    action=Text(row.action_zh, row.action_en),
                    evidence={"route": item.route or "", "form": item.form or "not written"},
                    severity=Severity.MAJOR if _slip(case, item, row) else row.severity,
                    release=Release.RESUBMIT if _slip(case, item, row) else row.release,
                    sources=(row.source,),
                    cause=f"route:{item.line}",
                )


def _slip(case: Lines, item: Item, row: NeverRoute) -> bool:
    """Whether the supply itself says that it is not given by the route that is written."""
    if row.slip_from_days is None or item.days is None or case.setting not in AT_HOME:
        return False
    return item.days >= row.slip_from_days
