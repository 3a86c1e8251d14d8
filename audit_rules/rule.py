"""What a rule is: one function that looks at a case, with its identity around it."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from audit_rules.report import Gap, Hit, Release, Severity, Text

if TYPE_CHECKING:
    from audit_rules.case import Case
    from audit_rules.catalogue import Catalogue
    from audit_rules.head import Head
    from audit_rules.items import Reading
    from audit_rules.lines import Lines

CATEGORIES = frozenset(
    """
    interaction duplicate dose dose_low duration frequency route age sex pregnancy lactation allergy disease
    indication renal hepatic lab geriatric iv_incompatibility skin_test herbal_incompatibility herbal_dose
    herbal_pregnancy authority legality form internet insurance history
    """.split()  # noqa: SIM905 - one readable line of words
)

Check = Callable[[Any], Iterator[Hit | Gap]]  # takes a case, or `Lines` where the rule says `lines_only`
Concerned = Callable[[Any], frozenset[str]]
OfLine = Callable[["Reading", "Catalogue"], bool]
OfLines = Callable[["Lines", bool], Any]  # what it answers counts as true or false
OfHead = Callable[["Head"], Any]  # the same
OfCase = Callable[["Case"], Any]  # the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the catalogue."""

    id: str
    title: Text
    category: str
    severity: Severity
    check: Check
    release: Release | None = None
    sources: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    version: int = 1
    ingredients: Concerned | None = None
    kinds: tuple[str, ...] | None = None
    settings: tuple[str, ...] | None = None
    line: OfLine | None = None
    lines: OfLines | None = None
    head: OfHead | None = None
    lines_only: bool = False
    repeats: bool = False
    when: OfCase | None = None
    retired: bool = False

    @property
    def name(self) -> str:
        """Name of its file: id and what is wrong."""
        return f"{self.id.lower()}_{self.check.__name__}"

    @property
    def page(self) -> str:
        """Its manual page: the docstring."""
        return inspect.cleandoc(self.check.__doc__ or "")


class Given(TypedDict, total=False):
    """What a rule may say about itself beyond its id, title, category and severity.

    `release` None = by severity: two pharmacists for critical, a pharmacist for major.
    `sources` are keys of `knowledge/sources.yaml`, `refs` ids of the audit practice catalogue.

    The others say for which cases it runs, so that most need not; leaving a rule out must never change a report.
    A line concerns it that holds one of `ingredients(catalogue)` and for which `line(reading, catalogue)` is true:
    this is asked once for every line that is written alike, so it looks at nothing but the line. With `repeats` it
    is also concerned where an ingredient comes more than once, on these lines or from earlier. `kinds`, `settings`,
    `lines(lines, has_past)` and `head(head)` narrow it further, asked once for all prescriptions with the same lines
    and the same head (head.py); and so does `when(case)`, asked each time. None = any. With `lines_only` the check is
    given the lines and no case: what it says is worked out once for all who have them.
    """

    release: Release | None
    sources: tuple[str, ...]
    refs: tuple[str, ...]
    version: int
    ingredients: Concerned | None
    kinds: tuple[str, ...] | None
    settings: tuple[str, ...] | None
    line: OfLine | None
    lines: OfLines | None
    head: OfHead | None
    lines_only: bool
    repeats: bool
    when: OfCase | None
    retired: bool


def rule(
    *,
    id: str,  # noqa: A002 - it is the rule's id
    title: Text,
    category: str,
    severity: Severity,
    **given: Unpack[Given],
) -> Callable[[Check], Rule]:
    """Make a rule of a check. Raises `ValueError` for an unknown category or a malformed id."""
    if category not in CATEGORIES:
        raise ValueError(f"rule {id}: category {category!r} is not one of {sorted(CATEGORIES)}")
    if not re.fullmatch(r"[A-Z]{3}\d{3}", id):
        raise ValueError(f"rule id {id!r} is not three capitals and three digits")

    def make(check: Check) -> Rule:
        return Rule(id=id, title=title, category=category, severity=severity, check=check, **given)

    return make
