"""The lines of a prescription by themselves: what every case with the same lines shares, whoever the patient is."""

from typing import TYPE_CHECKING, Any

from audit_rules.items import Item, Reading, Use
from audit_rules.memo import Memory, lazily

if TYPE_CHECKING:
    from audit_rules.catalogue import Catalogue

MOST_KEPT = 10_000
CLASS = "class:"


class Lines:
    """Lines in the order of their numbers. A rule that looks only at them is given this instead of a case."""

    def __init__(self, read: tuple[Reading, ...], kind: str, setting: str, catalogue: "Catalogue") -> None:
        self.read = read
        self.items: tuple[Item, ...] = tuple([reading.item for reading in read])
        self.uses: tuple[Use, ...] = tuple([use for reading in read for use in reading.uses])
        self.kind = kind
        self.setting = setting
        self.catalogue = catalogue
        self.memory: Memory = {}  # see `per_lines` in memo.py
        self.plans: dict[Any, Any] = {}  # see concerns.py

    @property
    def lines(self) -> "Lines":
        """Itself, so that what looks at lines takes a case as well."""
        return self

    @classmethod
    def of(cls, read: tuple[Reading, ...], kind: str, setting: str, catalogue: "Catalogue") -> "Lines":
        """The one object for lines that are written alike, remembered by the catalogue."""
        key = (kind, setting, *map(id, read))  # it keeps the readings, so their ids stay their own
        found = catalogue.lines.get(key)
        if found is None:
            if len(catalogue.lines) >= MOST_KEPT:
                catalogue.lines.clear()
            found = catalogue.lines[key] = cls(read, kind, setting, catalogue)
        return found

    @lazily
    def ingredients(self) -> frozenset[str]:
        """Every ingredient on them."""
        return frozenset([use.ingredient for use in self.uses])

    @lazily
    def repeats(self) -> bool:
        """Whether an ingredient stands there more than once."""
        return len(self.ingredients) < len(self.uses)

    @lazily
    def by_ingredient(self) -> dict[str, tuple[Use, ...]]:
        """Uses by ingredient."""
        found: dict[str, tuple[Use, ...]] = {}
        for use in self.uses:
            found[use.ingredient] = (*found.get(use.ingredient, ()), use)
        return found

    def uses_of(self, ingredient: str) -> tuple[Use, ...]:
        """Uses of one ingredient."""
        return self.by_ingredient.get(ingredient, ())

    def members(self, cell: str) -> frozenset[str]:
        """The ingredients a table cell stands for: `class:nsaid` or one ingredient. `KeyError`: no such class."""
        if cell.startswith(CLASS):
            classes: dict[str, frozenset[str]] = self.catalogue.classes
            return classes[cell[len(CLASS) :]]
        return frozenset((cell,))

    def ingredient(self, key: str) -> Any:
        """The row of `ingredients.csv` for a key."""
        return self.catalogue.ingredients[key]
