"""HRB002."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from audit_rules.case import Case
from audit_rules.knowledge.herbal_rows import TWICE, Opposition
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule
from audit_rules.wording import named


class Piece(NamedTuple):
    """One piece and where it comes from: a line now, or an earlier prescription; alone or inside a patent medicine."""

    key: str
    product: str
    line: int | None
    history: dict[str, Any] | None


@rule(
    id="HRB002",
    title=Text("中成药或他方与饮片相反相畏", "opposing pieces across products"),
    category="herbal_incompatibility",
    severity=Severity.MAJOR,
    release=Release.PHARMACIST,
    sources=("cn-review-2018", "cn-pieces-2007", "chp-2020"),
    refs=("CN-TCM-010",),
    ingredients=lambda catalogue: (
        catalogue.table("oppositions").pieces | frozenset(catalogue.table("oppositions").inside)
    ),
)
def opposing_across_products(case: Case) -> Iterator[Hit]:
    """A patent medicine, or a prescription still running elsewhere, holds a piece that opposes one prescribed now;
    or the same toxic piece (乌头类, 马钱子, 朱砂, 雄黄, 蟾酥, 麻黄) comes in a decoction and in a patent medicine.

    Why it matters: pieces and patent medicines stand on different prescriptions, so nobody but the centre sees the pair.
    What to do: choose another patent medicine, or wait until the earlier supply has ended.
    """
    table = case.catalogue.table("oppositions")
    now = [p for item in case.items for key in item.ingredients for p in _pieces(case, key, item.line, None)]
    before = [p for past in case.open_past for p in _pieces(case, past.ingredient, None, past.ref)]
    said: set[tuple[str, str, str]] = set()
    for place, one in enumerate(now):
        for other in (*now[place + 1 :], *before):
            if one.product == other.product or (other.line and _plain(one) and _plain(other)):
                continue
            for row in table.between(one.key, other.key):
                if (row.id, one.product, other.product) in said:
                    continue
                if row.kind == TWICE and _plain(one) == _plain(other):
                    continue  # two patent medicines are DUP002's, a decoction continued is none
                said.add((row.id, one.product, other.product))
                yield _hit(case, one, other, row)


def _plain(piece: Piece) -> bool:
    return piece.key == piece.product


def _pieces(case: Case, key: str, line: int | None, history: dict[str, Any] | None) -> Iterator[Piece]:
    table = case.catalogue.table("oppositions")
    for piece in table.inside.get(key, (key,)):
        if piece in table.pieces:
            yield Piece(piece, key, line, history)


def _hit(case: Case, one: Piece, other: Piece, row: Opposition) -> Hit:
    products, pieces = named(case, (one.product, other.product)), named(case, (one.key, other.key))
    where = Text("在用", "still taken") if other.history else Text("同方", "on this prescription")
    return Hit(
        lines=tuple(p.line for p in (one, other) if p.line is not None),
        drugs=(one.product, other.product),
        message=Text(
            f"{products.zh}({where.zh})含{pieces.zh}: {row.zh}",
            f"{products.en} ({where.en}) hold {pieces.en}: {row.en}",
        ),
        action=Text(
            "更换其一，或待前方用完后再用。", "Change one, or wait until the earlier supply has ended."
        ),
        evidence={"pieces": ", ".join((one.key, other.key))},
        severity=row.severity if row.kind == TWICE else None,
        history=(other.history,) if other.history else (),
    )
