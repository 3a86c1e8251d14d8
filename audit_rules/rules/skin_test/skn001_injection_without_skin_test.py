"""SKN001."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.items import Item
from audit_rules.knowledge.injection_rows import SkinTest
from audit_rules.knowledge.law_rows import INJECTED
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.skin_tests import continued, result
from audit_rules.wording import named


@rule(
    id="SKN001",
    title=Text("注射剂未注明皮试结果", "injection without skin test result"),
    category="skin_test",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-prescription-2007", "cn-bl-skin-test-2021"),
    refs=("CN-APP-002",),
    ingredients=lambda catalogue: frozenset(catalogue.table("skin_tests")),
)
def injection_without_skin_test(case: Case) -> Iterator[Hit]:
    """An injected drug that needs a skin test (penicillins, horse sera, ...) and no negative result or exemption is written.

    A course that an earlier prescription tested, within the hours the test holds, is only reminded of the note.

    Why it matters: injected into a sensitised patient it can kill within minutes.
    What to do: test and write the result; write the exemption where the guideline allows it.
    """
    tests = case.catalogue.table("skin_tests")
    for item in case.items:
        rows = [tests[key] for key in item.ingredients if key in tests]
        by_form = item.route_group is None and item.form == "injection"
        if not rows or not (item.route_group in INJECTED or by_form):
            continue
        if result(case, item) not in (None, "pending"):
            continue
        row = next((r for r in rows if r.requirement == "required"), rows[0])
        yield _hit(case, item, row)


def _hit(case: Case, item: Item, row: SkinTest) -> Hit:
    name = named(case, (row.ingredient,))
    evidence = {"skin_test": item.skin_test or "not written", "route": item.route or ""}
    before = continued(case, row)
    if before:
        evidence["tested"] = f"{before.institution} {before.number} {before.issued_on.isoformat()}"
    mild = before is not None or row.requirement != "required"
    return Hit(
        lines=(item.line,),
        drugs=(row.ingredient,),
        message=Text(
            f"{name.zh}注射剂未注明皮试结果: {row.zh}", f"{name.en} injection, no skin test: {row.en}"
        ),
        action=Text(
            "续用请注明“续用”。" if before else "先做皮试并注明结果，或注明免试依据。",
            "Write that the course goes on."
            if before
            else "Test first and write the result, or why it is not needed.",
        ),
        evidence=evidence,
        severity=Severity.MODERATE if mild else None,
        sources=(row.source,),
    )
