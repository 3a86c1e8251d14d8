"""Reads a hospital's own drug list, CSV or XLSX, with headers in Chinese or English. Nothing is guessed."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from audit_rules.names import plain
from audit_rules.report import Text

MOST_BYTES = 20_000_000
MOST_UNPACKED = 200_000_000  # a small file that unpacks to more is no drug list
MOST_ROWS = 100_000
HEADER_WITHIN = 10  # rows of titles before the header
# field -> the headers that mean it, the most exact first: where a list has several, the first one counts
HEADERS = {
    "name": ("药品通用名称", "药品通用名", "通用名称", "通用名", "药品名称", "药名", "名称", "品名",
             "generic name", "drug name", "drug", "name"),
    "code": ("院内编码", "药品编码", "药品代码", "编码", "代码", "drug code", "code", "id"),
    "strength": ("药品规格", "规格", "制剂规格", "strength", "specification", "spec"),
    "form": ("药品剂型", "剂型", "dosage form", "form"),
}  # fmt: skip
DELIMITERS = ",\t;"


class BadList(ValueError):
    """The file is no drug list that can be read; `said` tells a person why, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.said = Text(zh, en)


class Listed(NamedTuple):
    """One row of the list as written; `line` counts from 1, header and titles included."""

    line: int
    code: str
    name: str
    strength: str
    form: str


def read(data: bytes, file_name: str) -> list[Listed]:
    """Every row below the header that is not empty. Raises `BadList`."""
    if len(data) > MOST_BYTES:
        raise BadList("文件超过20 MB", "the file is larger than 20 MB")
    lower = file_name.lower()
    if lower.endswith(".xlsx"):
        rows = _spreadsheet(data)
    elif lower.endswith((".csv", ".txt", ".tsv")):
        rows = _separated(data)
    else:
        raise BadList(
            f"只读 .csv 与 .xlsx，不读 {file_name}；请另存",
            f"only .csv and .xlsx are read, not {file_name}; save it so",
        )
    return list(_listed(rows))


def _listed(rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[Listed]:
    columns: dict[str, int] | None = None
    for count, (line, cells) in enumerate(rows):
        if count > MOST_ROWS:
            raise BadList(f"超过{MOST_ROWS}行", f"more than {MOST_ROWS} rows")
        if columns is None:
            columns = _header(cells)
            if columns is None and count + 1 >= HEADER_WITHIN:
                break
        elif any(cells):
            found = {field: cells[place] if place < len(cells) else "" for field, place in columns.items()}
            yield Listed(line, *(found.get(field, "") for field in ("code", "name", "strength", "form")))
    if columns is None:
        named = "、".join(HEADERS["name"])
        raise BadList(f"前{HEADER_WITHIN}行没有药名列，认识的表头：{named}", f"no column of names in the first {HEADER_WITHIN} "
                      f"rows; headers that are known: {named}")  # fmt: skip


def _header(cells: Sequence[str]) -> dict[str, int] | None:
    """Column by field where this row is a header, that is, names the names."""
    words = [plain(cell) for cell in cells]
    found = {
        field: words.index(known[0])
        for field, headers in HEADERS.items()
        if (known := [header for header in headers if header in words])
    }
    return found if "name" in found else None


def _separated(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    text = _decoded(data)
    head = "\n".join(text.splitlines()[:HEADER_WITHIN])
    delimiter = max(DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        line = reader.line_num
        raise BadList(f"第{line}行不是CSV：{error}", f"line {line} is no CSV: {error}") from error


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        names: tuple[str, ...] = ("utf-16",)
    else:
        names = ("utf-8-sig", "gb18030")
    for name in names:
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    raise BadList("编码既非UTF-8也非GB18030", "the encoding is neither UTF-8 nor GB18030")


def _spreadsheet(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows of the first sheet. The reader of spreadsheets is imported here: nothing else needs it."""
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise BadList("文件解压后过大", "the file unpacks to too much")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = [
            [_cell(value) for value in row]
            for row in sheet.iter_rows(values_only=True, max_row=MOST_ROWS + 2)
        ]
    except BadList:
        raise
    except Exception as error:  # whatever a broken workbook makes its reader say
        raise BadList("不是可读的 .xlsx 文件", f"not a readable .xlsx file: {error}") from error
    yield from enumerate(rows, start=1)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # codes that the spreadsheet took for numbers
    return str(value).strip()
