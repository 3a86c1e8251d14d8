"""A slow or enteric form that is to be crushed."""

from collections.abc import Iterator

from audit_rules.lines import Lines
from audit_rules.names import plain
from audit_rules.report import Hit, Severity, Text
from audit_rules.rule import rule

WHOLE = frozenset(
    {"extended_release_tablet", "extended_release_capsule", "enteric_tablet", "enteric_capsule"}
)


@rule(
    id="RTE003",
    title=Text("缓控释或肠溶制剂被研碎", "A slow-release or enteric form is to be crushed"),
    category="route",
    severity=Severity.MAJOR,
    sources=("chp-2020-forms",),
    refs=("CN-APP-005",),
    line=lambda reading, _: reading.item.form in WHOLE and bool(reading.item.instructions),
    lines_only=True,
)
def slow_form_crushed(case: Lines) -> Iterator[Hit]:
    """An extended-release or enteric form whose instructions say to crush, grind or chew it to pieces.

    Why it matters: the dose of a whole day comes at once, or the acid of the stomach destroys it.
    What to do: swallow it whole, or choose a plain tablet or a liquid.
    """
    words: tuple[str, ...] = case.catalogue.table("crush_words")
    for item in case.items:
        said = plain(item.instructions or "")
        met = [word for word in words if word in said]
        if (
            item.form not in WHOLE
            or not met
            or any(no + met[0] in said for no in ("不可", "不得", "勿", "禁", "不要", "不能"))
        ):
            continue
        if "not" in said.split() or "n't" in said:
            continue
        yield Hit(
            lines=(item.line,),
            drugs=item.ingredients,
            message=Text(
                f"{item.name}为缓控释或肠溶制剂，医嘱要求“{met[0]}”，药物会一次释放",
                f"{item.name} is a slow-release or enteric form; broken down ({met[0]}) it gives everything at once",
            ),
            action=Text(
                "整片（粒）吞服，或改用普通片、口服液", "swallow it whole, or use a plain tablet or a liquid"
            ),
            evidence={"form": item.form or "", "instructions": met[0]},
        )
