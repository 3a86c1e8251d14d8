"""Reads the knowledge tables: one CSV each, strict header, one frozen dataclass per row.

A row type is a dataclass whose fields are the columns in order (a trailing underscore is dropped: `class_`,
`from_`). A builder registered with `@table("interactions")` turns rows into the indexed object that rules ask
for with `case.catalogue.table("interactions")`; it is built once, when the catalogue is loaded.
"""

import csv
import gc
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

KNOWLEDGE = Path(__file__).parent

Row = TypeVar("Row")
Converter = Callable[[str], Any]
Builder = Callable[["Tables"], Any]
B = TypeVar("B", bound=Builder)

_BUILDERS: dict[str, Builder] = {}


@contextmanager
def reading_from(folder: Path) -> Iterator[None]:
    """Inside, tables are read from another folder: to try rows before they are kept."""
    global KNOWLEDGE
    before, KNOWLEDGE = KNOWLEDGE, folder
    try:
        yield
    finally:
        KNOWLEDGE = before


class BadTable(ValueError):
    """A table cannot be used; the message names file, line, column and reason."""


def table(name: str) -> Callable[[B], B]:
    """Register the builder of the indexed object that rules get from `catalogue.table(name)`."""

    def register(builder: B) -> B:
        known = _BUILDERS.get(name)
        if known is not None and known.__module__ != builder.__module__:
            raise BadTable(f"table {name!r} has two builders: {known.__module__} and {builder.__module__}")
        _BUILDERS[name] = builder
        return builder

    return register


class Tables:
    """All built tables by name. Builders may ask for other tables."""

    def __init__(self) -> None:
        self.built: dict[str, Any] = {}
        self._open: list[str] = []

    def table(self, name: str) -> Any:
        """The indexed object of this name; `KeyError` when nobody registered it."""
        if name not in self.built:
            if name in self._open:
                raise BadTable(f"tables ask for each other in a ring: {' -> '.join([*self._open, name])}")
            self._open.append(name)
            self.built[name] = _BUILDERS[name](self)
            self._open.pop()
        return self.built[name]

    def build_all(self) -> None:
        """Build everything registered, so a bad row is found at start-up and not at the first audit."""
        collecting = gc.isenabled()
        gc.disable()  # nothing here is rubbish: looking for it again and again is a third of the loading time
        try:
            for name in sorted(_BUILDERS):
                self.table(name)
        finally:
            if collecting:
                gc.enable()


def load(
    name: str, row_type: type[Row], converters: Mapping[str, Converter] | None = None
) -> tuple[Row, ...]:
    """All rows of `knowledge/<name>.csv` as `row_type`, in file order.

    Cells convert by annotation (str, int, bool as yes/no, Decimal, date, tuple[str, ...] joined by `|`, an
    IntEnum by its lower-case name; `X | None` reads an empty cell as None) or by `converters[column]`. Raises
    `BadTable`.
    """
    path = KNOWLEDGE / f"{name}.csv"
    hints = typing.get_type_hints(row_type)
    columns = [f.name.removesuffix("_") for f in fields(row_type)]  # type: ignore[arg-type]
    # the same few cells again and again: each is read once, and the rows share what it means
    readers: list[Converter] = [
        lru_cache(maxsize=None)((converters or {}).get(column) or _reader(hints[f.name]))
        for column, f in zip(columns, fields(row_type), strict=True)  # type: ignore[arg-type]
    ]
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file, strict=True)
        header = next(lines, [])
        if header != columns:
            raise BadTable(f"{path.name}: line 1: the header is {header}, it must be {columns}")
        return tuple(_row(path.name, lines.line_num, cells, columns, readers, row_type) for cells in lines)


def _row(
    file: str, line: int, cells: list[str], columns: list[str], readers: list[Converter], row_type: type[Row]
) -> Row:
    if len(cells) != len(columns):
        raise BadTable(f"{file}: line {line}: {len(cells)} cells, {len(columns)} columns")
    try:
        if cells == [*map(str.strip, cells)]:
            return row_type(*[read(cell) for read, cell in zip(readers, cells, strict=True)])
    except (ValueError, KeyError, InvalidOperation):
        pass  # what is wrong is looked for cell by cell
    return _named(file, line, cells, columns, readers, row_type)


def _named(
    file: str, line: int, cells: list[str], columns: list[str], readers: list[Converter], row_type: type[Row]
) -> Row:
    """The same, cell by cell, so that the first bad one is named."""
    values = []
    for column, cell, read in zip(columns, cells, readers, strict=True):
        if cell != cell.strip():
            raise BadTable(f"{file}: line {line}: column {column}: spaces around {cell!r}")
        try:
            values.append(read(cell))
        except (ValueError, KeyError, InvalidOperation) as error:
            raise BadTable(f"{file}: line {line}: column {column}: {cell!r}: {error}") from error
    try:
        return row_type(*values)
    except (ValueError, KeyError) as error:
        raise BadTable(f"{file}: line {line}: {error}") from error


def _reader(kind: Any) -> Converter:
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        [inner] = [k for k in typing.get_args(kind) if k is not types.NoneType]
        read = _reader(inner)
        return lambda cell: None if cell == "" else read(cell)
    if typing.get_origin(kind) is tuple:
        read = _reader(typing.get_args(kind)[0])
        return lambda cell: tuple(read(part.strip()) for part in cell.split("|")) if cell else ()
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        return lambda cell: kind[cell.upper()]
    plain: dict[Any, Converter] = {
        str: str,
        int: int,
        Decimal: _decimal,
        bool: _yes,
        date: date.fromisoformat,
    }
    return plain[kind]


def _decimal(cell: str) -> Decimal:
    if not cell.isascii() or "_" in cell:
        raise ValueError("a plain ASCII number is needed")
    value = Decimal(cell)
    if not value.is_finite():
        raise ValueError("a finite number is needed")
    return value


def _yes(cell: str) -> bool:
    return {"yes": True, "no": False}[cell]
