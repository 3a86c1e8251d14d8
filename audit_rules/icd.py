"""ICD-10 codes: compared by prefix, dots ignored; family history and past disease are not present disease."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from audit_rules.names import plain

if TYPE_CHECKING:
    from audit_rules import rx1

# Z80-Z84 family history; Z85-Z87 personal history of neoplasm and other diseases.
PAST = ("Z80", "Z81", "Z82", "Z83", "Z84", "Z85", "Z86", "Z87")


def dotless(code: str) -> str:
    """N18.3 and N183 are one code."""
    return code.replace(".", "").upper()


HEAD = 3  # characters of an ICD-10 category: most prefixes are one or more


class _Prefixes(NamedTuple):
    """Prefixes made ready. `heads` = categories of which some may match, `short` = prefixes above categories."""

    source: tuple[str, ...]
    all: tuple[str, ...]
    heads: frozenset[str]
    short: tuple[str, ...]


MOST_KEPT = 10_000
_ready: dict[int, _Prefixes] = {}


def _made_ready(prefixes: tuple[str, ...]) -> _Prefixes:
    """By identity: the tuples stand in tables, and hashing a list of a hundred codes costs more than the search."""
    kept = _ready.get(id(prefixes))
    if kept is None:
        if len(_ready) >= MOST_KEPT:
            _ready.clear()
        every = tuple(map(dotless, prefixes))
        heads = frozenset(prefix[:HEAD] for prefix in every if len(prefix) >= HEAD)
        short = tuple(prefix for prefix in every if len(prefix) < HEAD)
        kept = _ready[id(prefixes)] = _Prefixes(
            prefixes, every, heads, short
        )  # kept, so that its id stays its own
    return kept


def is_past(code: str) -> bool:
    """Whether the code says that somebody else has it or that it is over."""
    return dotless(code).startswith(PAST)


def code_of(said: "rx1.Coded", names: Mapping[str, str]) -> str | None:
    """The code as posted, else the one that the words mean (`diagnosis_names.csv`); None where neither is known."""
    if said.code and (code := said.code.strip()):
        return code
    return names.get(plain(said.name)) if said.name else None


class Coded:
    """The codes of one person, each once: as written in capitals; without dots, what is present and what is past.

    `heads` = what the present ones may start with, up to a category. One object for all who have the same codes.
    """

    __slots__ = ("_found", "heads", "memory", "past", "present", "written")

    def __init__(self, codes: tuple[str, ...]) -> None:
        self.written = tuple(dict.fromkeys(code.strip().upper() for code in codes if code.strip()))
        self.present = tuple(dotless(code) for code in self.written if not is_past(code))
        self.past = tuple(dotless(code) for code in self.written if is_past(code))
        self.heads = frozenset(code[:length] for code in self.present for length in range(1, HEAD + 1))
        self.memory: dict[Any, Any] = {}  # what hangs on the codes alone
        self._found: dict[tuple[int, int], tuple[tuple[str, ...], Any, Any]] = {}

    def under(self, prefixes: Iterable[str], except_: Iterable[str] = ()) -> tuple[str, ...]:
        """`matching` of the present codes, remembered for prefixes that stand in a table."""
        if type(prefixes) is not tuple or type(except_) is not tuple:
            return matching(self.present, prefixes, except_)
        key = (id(prefixes), id(except_))  # both are kept with what was found, so their ids stay their own
        kept = self._found.get(key)
        if kept is None:
            kept = self._found[key] = (matching(self.present, prefixes, except_), prefixes, except_)
        return kept[0]


@lru_cache(maxsize=4096)  # many visits carry the same codes
def coded(codes: tuple[str, ...]) -> Coded:
    """Codes as posted, sorted out; blank ones are left out."""
    return Coded(codes)


def matching(codes: Iterable[str], prefixes: Iterable[str], except_: Iterable[str] = ()) -> tuple[str, ...]:
    """The dotless `codes` that start with one of `prefixes` and with none of `except_`."""
    wanted = _made_ready(prefixes if isinstance(prefixes, tuple) else tuple(prefixes))
    heads, short = wanted.heads, wanted.short
    found = [
        code
        for code in codes
        if (code[:HEAD] in heads or code.startswith(short)) and code.startswith(wanted.all)
    ]
    if not found or not except_:
        return tuple(found)
    unwanted = _made_ready(except_ if isinstance(except_, tuple) else tuple(except_)).all
    return tuple([code for code in found if not code.startswith(unwanted)])
