"""What people come for: diagnoses, who has them, what is prescribed, and where."""

from dataclasses import dataclass

EVERYWHERE = frozenset({"hospital", "primary_care", "internet_hospital"})
OFFLINE = frozenset({"hospital", "primary_care"})
HOSPITAL = frozenset({"hospital"})


@dataclass(frozen=True, slots=True)
class Slot:
    """One line of a prescription: one of `products`, with a chance; a line of its own may bring its own diagnosis."""

    products: tuple[str, ...]
    chance: float = 1.0
    diagnosis: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """One reason to see a doctor. Ages in years; `weight` is its share of visits."""

    name: str
    department: tuple[str, str]
    diagnoses: tuple[tuple[str, str], ...]
    slots: tuple[Slot, ...]
    ages: tuple[float, float]
    days: int
    weight: int
    sex: str | None = None
    long_term: bool = False
    where: frozenset[str] = EVERYWHERE
    emergency: float = 0.0  # share seen in the emergency department of a hospital
    gentle: bool = True  # safe beside a usual long-term regimen


def slot(text: str, chance: float = 1.0, diagnosis: str = "") -> Slot:
    code, _, name = diagnosis.partition(" ")
    return Slot(tuple(text.split("|")), chance, (code, name) if code else None)


def scenario(name: str, department: str, diagnosis: str, *slots: Slot, **more: object) -> Scenario:
    code, _, words = department.partition(" ")
    diagnoses = tuple((d.split(" ", 1)[0], d.split(" ", 1)[1]) for d in diagnosis.split("|"))
    return Scenario(name, (code, words), diagnoses, slots, **more)  # type: ignore[arg-type]
