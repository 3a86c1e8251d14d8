"""What an ingredient does not go with: interactions, stacks, duplicates, mixing and opposed pieces."""

from collections import defaultdict
from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby

from audit_rules.formulary.words import Words, severity
from audit_rules.knowledge.herbal_rows import Opposition
from audit_rules.knowledge.interaction_rows import Interaction, StackLevel
from audit_rules.knowledge.mixing_rows import Incompatibility

FEW = 3


def lines(key: str, words: Words) -> Iterator[str]:
    """What it adds up with, doubles, or may not share a container or a decoction with."""
    table = words.catalogue.table
    for name in dict.fromkeys(stack.stack for stack in table("stacks").get(key, ())):
        yield f"- 叠加 adds up: {_stack(table('stack_levels')[name], words)}"
    for row in table("duplicates").get(key, ()):
        yield (
            f"- 重复 duplicate: {severity(row.severity)}, {words.cells((f'class:{row.class_}',))}, "
            f"{words.routes(row.routes)} → {row.action_zh} / {row.action_en} {words.source(row.source)}"
        )
    for mixing in table("iv_incompatibilities").of(key):
        yield f"- 静脉配伍 mixing: {_mixing(mixing, words)}"
    against: dict[Opposition, list[str]] = defaultdict(list)
    for opposed, other in table("oppositions").of(key):
        against[opposed].append(other)
    for opposed, others in against.items():
        yield (
            f"- 配伍禁忌 opposed pieces: {severity(opposed.severity)}, {words.cells(others)} — {opposed.zh} / "
            f"{opposed.en} {words.source(opposed.source)}"
        )


def _stack(levels: tuple[StackLevel, ...], words: Words) -> str:
    """All levels of one danger; the effect as the worst says it."""
    worst = levels[0]
    steps = (
        f"{level.drugs} 种 drugs{' ' + when if (when := words.when(level.when)) else ''}: {severity(level.severity)}"
        for level in levels
    )
    effect = f"{worst.effect_zh} / {worst.effect_en} {words.source(worst.source)}"
    return f"{worst.name_zh} {worst.name_en}; {'; '.join(steps)} — {effect}"


def interactions(key: str, words: Words) -> Iterator[str]:
    """Every interaction, the worst first, each with the way to its whole row."""
    found: dict[str, tuple[Interaction, bool]] = {}
    for rows in words.catalogue.table("interactions").get(key, {}).values():
        for row, left in rows:
            found.setdefault(row.id, (row, left == key))
    in_order = sorted(found.values(), key=lambda pair: (-pair[0].severity, pair[0].id))
    for level, those in groupby(in_order, key=lambda pair: pair[0].severity):
        yield f"- {severity(level)}"
        for row, is_left in those:
            other = row.right if is_left else row.left
            without = row.right_except if is_left else row.left_except
            yield (
                f"  - [{few(other, without, words)}]({page_of(row)}#{anchor(row)}): "
                f"{row.effect_zh} / {row.effect_en}"
            )


def few(cells: tuple[str, ...], without: tuple[str, ...], words: Words) -> str:
    """The first of a long list, and how many there are."""
    if len(cells) <= FEW + 1:
        return words.cells(cells, without)
    return f"{words.cells(cells[:FEW])} 等 {len(cells)} 项 of {len(cells)}"


def page_of(row: Interaction) -> str:
    """The page that holds the whole row."""
    return f"x-{row.id[0]}.md"


def anchor(row: Interaction) -> str:
    """A short name for the row that no other row moves: links to it stand on thousands of lines."""
    return sha256(row.id.encode()).hexdigest()[:6]


def whole(row: Interaction, words: Words) -> Iterator[str]:
    """An interaction in full: sides, conditions, washout, what to do."""
    yield f'<a id="{anchor(row)}"></a>\n### {row.id}\n'
    yield (
        f"{severity(row.severity)}: {words.cells(row.left, row.left_except)} ({words.routes(row.left_routes)}) × "
        f"{words.cells(row.right, row.right_except)} ({words.routes(row.right_routes)})\n"
    )
    yield f"- {row.effect_zh} / {row.effect_en}"
    yield f"- → {row.action_zh} / {row.action_en}"
    for name, condition, result in (
        ("仅当 only if", row.only_if, ""),
        ("减轻 milder if", row.lower_if, row.lowered),
        ("加重 worse if", row.raise_if, row.raised),
    ):
        if said := words.when(condition):
            yield f"- {name} {said}{f': {result}' if result else ''}"
    if row.left_washout or row.right_washout:
        yield f"- 洗脱 washout: {row.left_washout} / {row.right_washout} 日 d (前者/后者停药后 after the first / second)"
    yield f"- {words.source(row.source)}\n"


def _mixing(row: Incompatibility, words: Words) -> str:
    other = "单独给药 alone" if row.kind == "alone" else few(row.b, (), words)
    sides = f"{few(row.a, (), words)} × {other}"
    return f"{severity(row.severity)}, {sides} — {row.zh} / {row.en} {words.source(row.source)}"
