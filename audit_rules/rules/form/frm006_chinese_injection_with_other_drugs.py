"""FRM006."""

from collections.abc import Iterator

from audit_rules.lines import Lines
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

SOLVENTS = frozenset({"sodium chloride", "glucose"})


@rule(
    id="FRM006",
    title=Text("中药注射剂未单独开方", "Chinese herbal injection with other drugs"),
    category="form",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-review-2018", "cn-injection-principles-2008"),
    refs=("CN-NRM-005",),
    ingredients=lambda catalogue: frozenset(
        k for k, r in catalogue.ingredients.items() if "chinese_injection" in r.flags
    ),
    lines_only=True,
)
def chinese_injection_with_other_drugs(case: Lines) -> Iterator[Hit]:
    """A Chinese herbal injection shares its prescription with other drugs, a second such injection among them. Its solvent
    may stand there.

    Why it matters: these injections cause severe allergies and must not meet other drugs in the line.
    What to do: write it alone, with its solvent.
    """
    own = [
        i for i in case.items if any("chinese_injection" in case.ingredient(k).flags for k in i.ingredients)
    ]
    others = [i for i in case.items if i not in own and not SOLVENTS.issuperset(i.ingredients or ("?",))]
    others += [
        i for i in own if i.ingredients != own[0].ingredients
    ]  # a second such injection is another drug
    if others and own and case.setting != "inpatient":
        name = named(case, (key for item in own for key in item.ingredients))
        yield Hit(
            lines=tuple(item.line for item in (*own, *others)),
            drugs=tuple(key for item in own for key in item.ingredients),
            message=Text(
                f"中药注射剂{name.zh}与其他药品同方",
                f"the herbal injection {name.en} shares a prescription with other drugs",
            ),
            action=Text("中药注射剂单独开方(可含溶媒)。", "Write it alone, with its solvent if needed."),
            evidence={
                "other lines": ", ".join(str(i.line) for i in others),
                "article": "处方审核规范 §14(三)2",
            },
        )
