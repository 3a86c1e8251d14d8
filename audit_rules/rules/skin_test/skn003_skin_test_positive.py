"""SKN003."""

from collections.abc import Iterator

from audit_rules.case import Case
from audit_rules.names import plain
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


@rule(
    id="SKN003",
    title=Text("皮试阳性仍用药", "prescribed in spite of a positive skin test"),
    category="skin_test",
    severity=Severity.CRITICAL,
    release=Release.NOBODY,
    sources=("cn-bl-skin-test-2021", "cn-review-2018"),
    refs=("CN-APP-003",),
    line=lambda reading, _: bool(reading.item.skin_test),
)
def skin_test_positive(case: Case) -> Iterator[Hit]:
    """The skin test written on a line is positive; any drug of the same group on the prescription is meant too.

    Why it matters: a positive test to a penicillin or a horse serum foretells shock.
    What to do: choose a drug of another group and record the allergy.
    """
    tests, words = case.catalogue.table("skin_tests"), case.catalogue.table("skin_test_words")
    positive = [i for i in case.items if i.skin_test and words.get(plain(i.skin_test)) == "positive"]
    if not positive:
        return
    groups = {tests[key].group for item in positive for key in item.ingredients if key in tests}
    for item in case.items:
        same = tuple(key for key in item.ingredients if key in tests and tests[key].group in groups)
        if item not in positive and not same:
            continue
        keys = same or item.ingredients
        name = named(case, keys) if keys else Text(item.name, item.name)
        yield Hit(
            lines=(item.line,),
            drugs=keys,
            message=Text(
                f"皮试阳性，禁用{name.zh}", f"the skin test is positive: {name.en} must not be given"
            ),
            action=Text("改用其他类别药物，并记录过敏史。", "Choose another group and record the allergy."),
            evidence={"skin_test": positive[0].skin_test or "", "tested line": str(positive[0].line)},
        )
