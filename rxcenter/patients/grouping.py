"""Which identifiers of a batch belong together: those that one document names, and those reached through them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

# Nobody has more identifiers of one system than this. One that meets more of them (a ward's telephone card, a
# guardian's number typed for every child) connects strangers: an operator looks, nothing is joined.
MOST_OF_A_SYSTEM = 5


@dataclass(eq=False, slots=True)
class Group:
    """Keys of one person: `new` ones, beside those known of `person`; `counts` of all of them by system."""

    person: int | None
    counts: dict[str, int]
    new: set[str] = field(default_factory=set)


def system(key: str) -> str:
    """The system of a blind key."""
    return key.rpartition(":")[0]


def grouped(
    batch: Iterable[Sequence[str]], known: Mapping[str, int], counts: Mapping[int, Mapping[str, int]]
) -> list[Group]:
    """The groups with new keys. Two known persons are never one group, nor too many identifiers of one system."""
    documents = list(batch)
    persons = {person: Group(person, dict(counts.get(person, {}))) for person in set(known.values())}
    of: dict[str, Group] = {}
    for keys in documents:
        for key in keys:
            if key not in of:
                of[key] = persons[known[key]] if key in known else Group(None, {system(key): 1}, {key})
    for keys in documents:
        for key in keys[1:]:
            _join(of, of[keys[0]], of[key])
    return [group for group in {id(g): g for g in of.values()}.values() if group.new]


def _join(of: dict[str, Group], one: Group, other: Group) -> None:
    if one is other or (one.person is not None and other.person is not None):
        return
    keep, gone = (other, one) if other.person is not None else (one, other)
    together = {s: keep.counts.get(s, 0) + n for s, n in gone.counts.items()}
    if any(n > MOST_OF_A_SYSTEM for n in together.values()):
        return
    keep.counts.update(together)
    keep.new |= gone.new
    for key in gone.new:
        of[key] = keep
