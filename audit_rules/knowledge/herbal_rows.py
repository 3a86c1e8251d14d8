"""Decoction pieces: what opposes what, grams a day, pregnancy, footnotes, toxic pieces, pieces inside patent medicines."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from audit_rules.knowledge.tables import BadTable, Tables, load, table
from audit_rules.report import Severity

TWICE = "twice"


@dataclass(frozen=True, slots=True)
class HerbMember:
    """One piece of a group such as the aconites."""

    group: str
    ingredient: str
    source: str


@dataclass(frozen=True, slots=True)
class Opposition:
    """Two groups of pieces that oppose (`eighteen`, 十八反) or fear (`nineteen`, 十九畏) each other; or one group that
    must not come `twice`, in a patent medicine and as a piece.
    """

    id: str
    kind: str
    a: str
    b: str
    severity: Severity
    zh: str
    en: str
    ref: str
    source: str


@dataclass(frozen=True, slots=True)
class Formula:
    """A classical formula that holds a conflicting pair on purpose. `pieces` = groups or single pieces, all needed."""

    formula: str
    zh: str
    en: str
    pieces: tuple[str, ...]
    excuses: str
    source: str


@dataclass(frozen=True, slots=True)
class PatentPieces:
    """The decoction pieces in a patent medicine that matter for conflicts."""

    patent: str
    pieces: tuple[str, ...]
    source: str


class Oppositions:
    """Conflicts between pieces, with groups and classical formulas."""

    def __init__(self, tables: Tables) -> None:
        groups: dict[str, set[str]] = defaultdict(set)
        for member in load("herb_groups", HerbMember):
            groups[member.group].add(member.ingredient)
        self.groups = {name: frozenset(keys) for name, keys in groups.items()}
        self.rows = load("herb_incompatibilities", Opposition)
        self._by_pair: dict[tuple[str, str], list[Opposition]] = defaultdict(list)
        for row in self.rows:
            for one in self._group(row.a):
                for other in self._group(row.b):
                    self._by_pair[(one, other)].append(row)
        self.pieces = frozenset(key for pair in self._by_pair for key in pair)
        self._formulas = load("herb_formulas", Formula)
        self.inside = {row.patent: row.pieces for row in load("patent_pieces", PatentPieces)}

    def _group(self, name: str) -> frozenset[str]:
        if name not in self.groups:
            raise BadTable(f"herb_incompatibilities.csv: {name!r} is no group of herb_groups.csv")
        return self.groups[name]

    def among(self, pieces: Iterable[str]) -> Iterator[tuple[Opposition, str, str]]:
        """Every conflict among the pieces of one decoction: the row and its two pieces. There `twice` is meant."""
        own = sorted(self.pieces.intersection(pieces))
        for one in own:
            for other in own:
                for row in self._by_pair.get((one, other), ()):
                    if row.kind != TWICE:
                        yield row, one, other

    def between(self, one: str, other: str) -> tuple[Opposition, ...]:
        """Rows on these two pieces, in either order."""
        return (*self._by_pair.get((one, other), ()), *self._by_pair.get((other, one), ()))

    def of(self, piece: str) -> Iterator[tuple[Opposition, str]]:
        """Every row about this piece, with the other piece."""
        for other in sorted(self.pieces):
            for row in self.between(piece, other):
                yield row, other

    def formula(self, row: Opposition, pieces: Iterable[str]) -> Formula | None:
        """The classical formula that holds this pair on purpose and is there in full, or None."""
        own = set(pieces)
        for formula in self._formulas:
            if formula.excuses == row.id and all(
                not own.isdisjoint(self.groups.get(part, frozenset((part,)))) for part in formula.pieces
            ):
                return formula
        return None


@table("oppositions")
def oppositions(tables: Tables) -> Oppositions:
    """十八反 and 十九畏."""
    return Oppositions(tables)


@dataclass(frozen=True, slots=True)
class HerbLimit:
    """Grams a day, adults, by mouth. `toxicity` very_toxic | toxic | slightly_toxic | empty, as the pharmacopoeia says."""

    ingredient: str
    min_g: Decimal
    max_g: Decimal
    toxicity: str
    source: str


@table("herb_limits")
def herb_limits(tables: Tables) -> dict[str, HerbLimit]:
    """Limit by piece."""
    rows = load("herb_limits", HerbLimit)
    if wrong := [row.ingredient for row in rows if not 0 < row.min_g <= row.max_g]:
        raise BadTable(f"herb_limits.csv: the least is above the most: {wrong}")
    return {row.ingredient: row for row in rows}


@dataclass(frozen=True, slots=True)
class HerbPregnancy:
    """Use in pregnancy: forbidden (禁用) | caution (慎用)."""

    ingredient: str
    level: str
    source: str


@table("herb_pregnancy")
def herb_pregnancy(tables: Tables) -> dict[str, HerbPregnancy]:
    """Level by piece."""
    return {row.ingredient: row for row in load("herb_pregnancy", HerbPregnancy)}


@dataclass(frozen=True, slots=True)
class Footnote:
    """The way a piece must be prepared; any of `accept` in the instructions says so."""

    ingredient: str
    footnote: str
    accept: tuple[str, ...]
    severity: Severity
    zh: str
    en: str
    source: str


@table("herb_footnotes")
def herb_footnotes(tables: Tables) -> dict[str, tuple[Footnote, ...]]:
    """Footnotes by piece."""
    found: dict[str, tuple[Footnote, ...]] = defaultdict(tuple)
    for row in load("herb_footnotes", Footnote):
        found[row.ingredient] += (row,)
    return dict(found)


@dataclass(frozen=True, slots=True)
class ToxicPiece:
    """A piece of the national list of toxic drugs: most grams a day by mouth; `internal` no = outside use only."""

    ingredient: str
    max_daily_g: Decimal
    internal: bool
    from_: date | None
    to: date | None
    source: str


@table("toxic_pieces")
def toxic_pieces(tables: Tables) -> dict[str, ToxicPiece]:
    """Toxic pieces by ingredient."""
    return {row.ingredient: row for row in load("toxic_pieces", ToxicPiece)}


def in_force_pieces(rows: dict[str, ToxicPiece], day: date) -> dict[str, ToxicPiece]:
    """The toxic pieces listed on that day."""
    return {
        key: row
        for key, row in rows.items()
        if (row.from_ is None or row.from_ <= day) and (row.to is None or day <= row.to)
    }


@dataclass(frozen=True, slots=True)
class UnmarkedPiece:
    """A piece written without raw or processed: by law the processed one is given out. `raw` = the toxic raw one."""

    ingredient: str
    raw: str
    source: str


@table("unmarked_pieces")
def unmarked_pieces(tables: Tables) -> dict[str, UnmarkedPiece]:
    """Unmarked pieces by ingredient."""
    return {row.ingredient: row for row in load("unmarked_pieces", UnmarkedPiece)}


@dataclass(frozen=True, slots=True)
class AbolishedPiece:
    """A piece that lost its medical standard on that day (critical), or is kept for careful, short use (moderate)."""

    ingredient: str
    severity: Severity
    from_: date
    zh: str
    en: str
    action_zh: str
    action_en: str
    source: str


@table("abolished_pieces")
def abolished_pieces(tables: Tables) -> dict[str, AbolishedPiece]:
    """Abolished and restricted pieces by ingredient."""
    return {row.ingredient: row for row in load("abolished_pieces", AbolishedPiece)}
