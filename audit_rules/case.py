"""A prescription as a rule sees it: understood, with the patient and what they already take. Immutable."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from audit_rules import icd
from audit_rules.dosing import Decoction
from audit_rules.head import Head
from audit_rules.items import Item, Reading, Use, read_item
from audit_rules.knowledge.patient_rows import Match, true_facts
from audit_rules.lines import CLASS, Lines
from audit_rules.memo import Memory, lazily
from audit_rules.past import Past, Unread, earlier, read_past
from audit_rules.patient import Patient
from audit_rules.rx1 import Herbal, Institution, Prescriber, Prescription, Programme, Reasons, Visit

if TYPE_CHECKING:
    from audit_rules.catalogue import Catalogue

_NO_REASONS = Reasons()
_LINE = attrgetter("line")


class Case:
    """Made with `Case.of(document, history, catalogue)`. Lines come in the order of their numbers."""

    def __init__(
        self,
        document: Prescription,
        history: Iterable[Prescription],
        catalogue: "Catalogue",
        until: datetime | None = None,
    ) -> None:
        self.document = document
        self.memory: Memory = {}  # see memo.py
        self.catalogue = catalogue
        self.kind: str = document.kind
        self.setting: str = document.setting
        self.issued_at: datetime = document.issued_at
        self.issued_on: date = document.issued_at.date()
        self.long_term: bool = bool(document.long_term)
        self.patient = Patient(document, catalogue, self.issued_on)
        self.linked: tuple[Prescription, ...] = earlier(document, history, until) if history else ()
        self.has_past: bool = bool(self.linked or document.patient.current_medications)
        decoction = Decoction.of(document)
        raws = document.items if len(document.items) == 1 else sorted(document.items, key=_LINE)
        read = tuple([read_item(raw, raw.line, catalogue, decoction) for raw in raws])
        self.lines: Lines = Lines.of(read, self.kind, self.setting, catalogue)
        self.read: tuple[Reading, ...] = self.lines.read
        self.items: tuple[Item, ...] = self.lines.items
        self.uses: tuple[Use, ...] = self.lines.uses

    @property
    def institution(self) -> Institution:
        """Who posts."""
        return self.document.institution

    @property
    def prescriber(self) -> Prescriber:
        """Who prescribes."""
        return self.document.prescriber

    @property
    def programme(self) -> Programme | None:
        """Programmes it is written under."""
        return self.document.programme

    @property
    def visit(self) -> Visit | None:
        """Evidence of internet care."""
        return self.document.visit

    @property
    def reasons(self) -> Reasons:
        """The prescriber's stated reasons; none where none are sent."""
        return self.document.reasons or _NO_REASONS

    @property
    def herbal(self) -> Herbal | None:
        """What holds for the whole decoction."""
        return self.document.herbal

    @classmethod
    def of(
        cls,
        document: Prescription,
        history: Iterable[Prescription] = (),
        catalogue: "Catalogue | None" = None,
        until: datetime | None = None,
    ) -> "Case":
        """The case of a document; `history` = other documents of the same patient, in any order.

        Of these count those issued before it; with `until`, those issued up to that moment: what was ordered at
        the same time or later is in supply too, as long as this prescription lasts.
        """
        if catalogue is None:
            from audit_rules.catalogue import default_catalogue  # which imports rules, and those import this

            catalogue = default_catalogue()
        return cls(document, history, catalogue, until)

    @lazily
    def _read_past(self) -> tuple[tuple[Past, ...], tuple[Unread, ...]]:
        return read_past(self.document, self.linked, self.catalogue)

    @property
    def past(self) -> tuple[Past, ...]:
        """Ingredients of earlier prescriptions (two years) and of current medications, oldest first."""
        return self._read_past[0]

    @property
    def unread(self) -> tuple[Unread, ...]:
        """Earlier lines in supply and current medications whose drug was not understood."""
        return self._read_past[1]

    @lazily
    def ingredients(self) -> frozenset[str]:
        """Every ingredient of the prescription and of the past."""
        today = self.lines.ingredients
        return today.union([past.ingredient for past in self.past]) if self.has_past else today

    @lazily
    def repeats(self) -> bool:
        """Whether an ingredient of the prescription comes more than once: on its lines, or from earlier."""
        if self.lines.repeats or not self.has_past:
            return self.lines.repeats
        return not self.lines.ingredients.isdisjoint([past.ingredient for past in self.past])

    def members(self, cell: str) -> frozenset[str]:
        """The ingredients a table cell stands for: `class:nsaid` or one ingredient. `KeyError`: no such
        class.
        """
        return self.lines.members(cell)

    def uses_of(self, ingredient: str) -> tuple[Use, ...]:
        """Uses of one ingredient in this prescription."""
        return self.lines.by_ingredient.get(ingredient, ())

    def uses_in(self, cell: str) -> tuple[Use, ...]:
        """Uses of a class or an ingredient in this prescription, by line."""
        if not cell.startswith(CLASS):
            return self.uses_of(cell)
        members = self.members(cell)
        return tuple(use for use in self.uses if use.ingredient in members)

    def past_in(self, cell: str) -> tuple[Past, ...]:
        """Past of a class or an ingredient, open or not."""
        members = self.members(cell)
        return tuple(past for past in self.past if past.ingredient in members)

    @lazily
    def _open_by_ingredient(self) -> dict[str, list[Past]]:
        found: dict[str, list[Past]] = {}
        for past in self.open_past:
            found.setdefault(past.ingredient, []).append(past)
        return found

    def open_past_of(self, ingredient: str) -> Sequence[Past]:
        """The open past of one ingredient, oldest first."""
        return self._open_by_ingredient.get(ingredient, ())

    @lazily
    def open_past(self) -> tuple[Past, ...]:
        """The past whose supply covers the day of issue."""
        day = self.issued_on  # `Past.open_on`, spelt out: asked of every line of a long history
        return tuple([p for p in self.past if p.since <= day and (p.ends_on is None or day < p.ends_on)])

    def all_in(self, cell: str) -> tuple[Use | Past, ...]:
        """Current uses and open past of a class or an ingredient."""
        members = self.members(cell)
        past = (p for p in self.open_past if p.ingredient in members)
        return (*self.uses_in(cell), *past)

    @lazily
    def head(self) -> Head:
        """What is said beside lines and patient."""
        return Head.of(self.document)

    @lazily
    def facts(self) -> dict[str, list[Match]]:
        """By patient table what is true of this case, see patient_rows.py."""
        return true_facts(self)

    @lazily
    def diagnoses(self) -> tuple[str, ...]:
        """Diagnosis codes as written in capitals; of a diagnosis in words the code that it means, where it is known."""
        names = self.catalogue.diagnosis_names
        return tuple([code.upper() for d in self.document.diagnoses or () if (code := icd.code_of(d, names))])

    def icd(self, prefixes: Iterable[str], except_: Iterable[str] = ()) -> tuple[str, ...]:
        """Present diagnoses and conditions (dotless) under one of `prefixes` and none of `except_`."""
        return self.patient.coded.under(prefixes, except_)

    def has_icd(self, prefixes: Iterable[str], except_: Iterable[str] = ()) -> bool:
        """Whether `icd` finds any."""
        return bool(self.icd(prefixes, except_))

    def ingredient(self, key: str) -> Any:
        """The row of `ingredients.csv` for a key."""
        return self.catalogue.ingredients[key]
