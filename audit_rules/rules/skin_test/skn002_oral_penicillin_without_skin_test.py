"""SKN002."""

from collections.abc import Iterator

from audit_rules.knowledge.law_rows import INJECTED
from audit_rules.lines import Lines
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.skin_tests import result
from audit_rules.wording import named


@rule(
    id="SKN002",
    title=Text("口服青霉素类未注明皮试结果", "oral penicillin without skin test result"),
    category="skin_test",
    severity=Severity.MAJOR,
    release=Release.RESUBMIT,
    sources=("cn-prescription-2007", "cn-bl-skin-test-2021"),
    refs=("CN-APP-002",),
    ingredients=lambda catalogue: frozenset(
        key for key, row in catalogue.table("skin_tests").items() if row.routes == "any"
    ),
    lines_only=True,
)
def oral_penicillin_without_skin_test(case: Lines) -> Iterator[Hit]:
    """A penicillin by mouth and no skin test result is written.

    Why it matters: Chinese labels ask for the test by every route, though grave reactions by mouth are rare.
    What to do: ask for earlier reactions to penicillin; test where the institution's rules ask for it.
    """
    tests = case.catalogue.table("skin_tests")
    for item in case.items:
        own = [k for k in item.ingredients if k in tests and tests[k].routes == "any"]
        if not own or item.route_group in INJECTED or item.systemic is False or item.form == "injection":
            continue
        if result(case, item) not in (None, "pending"):
            continue
        name = named(case, own[:1])
        yield Hit(
            lines=(item.line,),
            drugs=(own[0],),
            message=Text(
                f"{name.zh}口服制剂未注明皮试结果", f"{name.en} by mouth without a skin test result"
            ),
            action=Text(
                "询问青霉素过敏史，按本机构规定皮试。",
                "Ask for penicillin allergy; test as the institution requires.",
            ),
            evidence={"skin_test": item.skin_test or "not written", "route": item.route or "not written"},
        )
