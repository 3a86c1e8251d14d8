"""Every rule of the law that the centre knows: where it is carried out, and its code on the national comment sheet."""

from dataclasses import dataclass
from functools import cache

from audit_rules.knowledge.tables import BadTable, Tables, load, table
from audit_rules.report import Text

PLACES = {
    "audit": Text("本审方规则", "the audit"),
    "review": Text("审方流程", "review"),
    "routing": Text("流转", "routing"),
    "accounts": Text("登记与账户", "registers and accounts"),
    "reports": Text("事后点评与监管报表", "comment in retrospect and reports"),
}


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One rule of law. `comment` = codes of the comment sheet (处方点评), `where` one of PLACES; the text says why or how
    far.
    """

    ref: str
    comment: tuple[str, ...]
    where: str
    zh: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class CommentCode:
    """One code of the national comment sheet: 1-x form, 2-x suitability, 3-x excess."""

    code: str
    zh: str
    en: str
    source: str


@table("comment_codes")
def comment_codes(tables: Tables) -> dict[str, CommentCode]:
    """Codes of the comment sheet."""
    return {row.code: row for row in load("comment_codes", CommentCode)}


@table("law_index")
def law_index(tables: Tables) -> dict[str, IndexEntry]:
    """Entries by id. Raises `BadTable` for an unknown place or code."""
    rows = load("law_index", IndexEntry)
    codes = tables.table("comment_codes").keys()
    for row in rows:
        if row.where not in PLACES or not codes >= set(row.comment):
            raise BadTable(f"law_index.csv: {row.ref}: unknown place {row.where!r} or code {row.comment}")
        if row.where != "audit" and not (row.zh and row.en):
            raise BadTable(f"law_index.csv: {row.ref} says not why it is outside the audit")
    return {row.ref: row for row in rows}


@cache
def _comments() -> dict[str, tuple[str, ...]]:
    return {row.ref: row.comment for row in load("law_index", IndexEntry)}


@cache
def with_comments(refs: tuple[str, ...]) -> tuple[str, ...]:
    """The ids with the codes of the comment sheet that they fall under, each once, codes last."""
    codes = (code for ref in refs for code in _comments().get(ref, ()))
    return tuple(dict.fromkeys((*refs, *codes)))
