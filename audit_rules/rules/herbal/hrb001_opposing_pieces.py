"""HRB001."""

from collections.abc import Iterator

from audit_rules.knowledge.herbal_rows import Opposition
from audit_rules.lines import Lines
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named

KINDS = {"eighteen": Text("十八反", "eighteen antagonisms"), "nineteen": Text("十九畏", "nineteen fears")}


@rule(
    id="HRB001",
    title=Text("十八反、十九畏", "opposing decoction pieces"),
    category="herbal_incompatibility",
    severity=Severity.CRITICAL,
    release=Release.DOUBLE_SIGN,
    sources=("cn-pieces-2007", "chp-2020"),
    refs=("CN-TCM-001", "CN-TCM-002"),
    ingredients=lambda catalogue: catalogue.table("oppositions").pieces,
    lines_only=True,
)
def opposing_pieces(case: Lines) -> Iterator[Hit]:
    """Two pieces of one prescription oppose (十八反) or fear (十九畏) each other.

    Why it matters: the pharmacopoeia and the law on pieces name these pairs as not to be combined; toxicity may rise.
    What to do: take one out, or sign again for it. A classical formula that holds the pair on purpose and is there in
    full (附子粳米汤, 甘遂半夏汤, 海藻玉壶汤, 赤丸) is shown as such, and still needs the second signature. Names count
    exactly: 白附子 is no 附子, 土贝母 no 贝母, 水半夏 no 半夏.
    """
    table = case.catalogue.table("oppositions")
    pieces = {key for item in case.items for key in item.ingredients}
    found: dict[Opposition, set[str]] = {}
    for row, one, other in table.among(pieces):
        found.setdefault(row, set()).update((one, other))
    for row, keys in sorted(found.items(), key=lambda pair: pair[0].id):
        formula = table.formula(row, pieces)
        lines = tuple(item.line for item in case.items if not keys.isdisjoint(item.ingredients))
        own = tuple(key for item in case.items for key in item.ingredients if key in keys)
        name, kind = named(case, own), KINDS[row.kind]
        known = (
            Text(f"；含{formula.zh}全方", f"; holds the whole of {formula.en}") if formula else Text("", "")
        )
        yield Hit(
            lines=lines,
            drugs=own,
            message=Text(
                f"{kind.zh}: {row.zh}({name.zh}){known.zh}", f"{kind.en}: {row.en} ({name.en}){known.en}"
            ),
            action=Text(
                "去除其一；确需合用者由医师再次签名(双签字)。", "Take one out; if truly meant, sign again."
            ),
            evidence={"pair": row.id} | ({"classical formula": formula.en} if formula else {}),
            severity=Severity.MAJOR if formula else row.severity,
            refs=(row.ref,),
        )
