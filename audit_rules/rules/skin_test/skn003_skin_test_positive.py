"""SKN003."""

from collections.abc import Iterator

from audit_rules.items import Item
from audit_rules.lines import Lines
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.skin_tests import result
from audit_rules.wording import named

SERUM = "antitoxin"


@rule(
    id="SKN003",
    title=Text("皮试阳性仍用药", "prescribed in spite of a positive skin test"),
    category="skin_test",
    severity=Severity.CRITICAL,
    release=Release.NOBODY,
    sources=("cn-bl-skin-test-2021", "cn-review-2018"),
    refs=("CN-APP-003",),
    line=lambda reading, _: bool(reading.item.skin_test),
    lines_only=True,
)
def skin_test_positive(case: Lines) -> Iterator[Hit]:
    """The skin test written on a line is positive; any drug of the same group on the prescription is meant too.

    A horse serum that has no substitute may be given in rising small doses where the prescriber writes so.

    Why it matters: a positive test to a penicillin or a horse serum foretells shock.
    What to do: choose a drug of another group and record the allergy.
    """
    tests = case.catalogue.table("skin_tests")
    said = {item.line: result(case, item) for item in case.items}
    positive = [item for item in case.items if said[item.line] in ("positive", "desensitised")]
    if not positive:
        return
    groups = {tests[key].group for item in positive for key in item.ingredients if key in tests}
    for item in case.items:
        same = tuple(key for key in item.ingredients if key in tests and tests[key].group in groups)
        if item not in positive and not same:
            continue
        slowly = said[item.line] == "desensitised" and any(tests[key].group == SERUM for key in same)
        yield _hit(case, item, same or item.ingredients, positive[0], slowly)


def _hit(case: Lines, item: Item, keys: tuple[str, ...], tested: Item, slowly: bool) -> Hit:
    name = named(case, keys) if keys else Text(item.name, item.name)
    if slowly:
        message = Text(
            f"{name.zh}皮试阳性，医嘱脱敏注射", f"the skin test is positive: {name.en} by desensitisation"
        )
        action = Text(
            "优先改用人免疫球蛋白；脱敏须备抢救并逐次观察。",
            "Prefer human immunoglobulin; desensitise with rescue at hand, watching each step.",
        )
    else:
        message = Text(f"皮试阳性，禁用{name.zh}", f"the skin test is positive: {name.en} must not be given")
        action = Text("改用其他类别药物，并记录过敏史。", "Choose another group and record the allergy.")
    return Hit(
        lines=(item.line,),
        drugs=keys,
        message=message,
        action=action,
        evidence={"skin_test": tested.skin_test or "", "tested line": str(tested.line)},
        severity=Severity.MAJOR if slowly else None,
        release=Release.PHARMACIST if slowly else None,
    )
