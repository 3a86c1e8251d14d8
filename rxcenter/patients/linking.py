"""Links one person's identifiers across institutions. Never guesses: identifiers of two persons make a conflict."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from rxcenter.patients.grouping import Group, grouped, system
from rxcenter.patients.models import Identity, MergeCandidate, Person


class Link(NamedTuple):
    """Whose prescription it is (None: no identifier names anybody), and whether its identifiers name several."""

    person: int | None
    conflict: bool

    @property
    def unlinked(self) -> bool:
        """Whether the history found for it may lack something or be another person's."""
        return self.conflict or self.person is None


def link(keys_by_prescription: Mapping[UUID, Sequence[str]], *, at: datetime) -> dict[UUID, Link]:
    """Find or make the person of each prescription from its blind keys (the first is primary).

    Runs in the caller's transaction, a handful of statements for a whole batch, and locks the persons until it
    ends: of two workers that audit one patient, the second sees what the first has linked. Keys seen for the first
    time join the person that the batch's prescriptions connect them with. When a prescription's keys name several
    persons, the primary key's is taken, the pair goes to the merge list, and the link says `conflict`.
    """
    named = {pk: keys for pk, keys in keys_by_prescription.items() if keys}
    wanted = sorted({k for keys in named.values() for k in keys})
    known = persons_of(wanted)
    if len(known) < len(wanted):
        _add(grouped(named.values(), known, _counts(named.values(), known)), at)
        known = persons_of(wanted)
    known = _locked(known)
    links = {pk: _settle(pk, keys, known, at) for pk, keys in named.items()}
    return {pk: links.get(pk, Link(None, False)) for pk in keys_by_prescription}


def persons_of(keys: Sequence[str]) -> dict[str, int]:
    """The person of each known key; of merged persons the one that was kept."""
    rows = Identity.objects.filter(key__in=keys).values_list("key", "person_id", "person__merged_into")
    return {key: merged or person for key, person, merged in rows}


def _counts(batch: Iterable[Sequence[str]], known: Mapping[str, int]) -> dict[int, dict[str, int]]:
    """How many identifiers of each system the persons have whom a new key may join."""
    persons = {known[k] for keys in batch if any(k not in known for k in keys) for k in keys if k in known}
    counts: dict[int, dict[str, int]] = {person: {} for person in persons}
    if persons:
        own = Identity.objects.filter(person__in=persons)
        merged = Identity.objects.filter(person__merged_into__in=persons)
        for key, person, into in (own | merged).values_list("key", "person_id", "person__merged_into"):
            of_one = counts[into or person]
            of_one[system(key)] = of_one.get(system(key), 0) + 1
    return counts


def _add(groups: Sequence[Group], at: datetime) -> None:
    """Write new keys, and the persons of those that no known key names.

    A worker at another batch may write one of the keys first. The others of its group then follow that key:
    the rows are this transaction's own, nobody has seen them.
    """
    fresh = [group for group in groups if group.person is None]
    for group, person in zip(
        fresh, Person.objects.bulk_create([Person(created_at=at) for _ in fresh]), strict=True
    ):
        group.person = person.pk
    new = sorted((key, group.person) for group in groups if group.person for key in group.new)
    rows = [Identity(key=key, person_id=person, created_at=at) for key, person in new]
    Identity.objects.bulk_create(rows, ignore_conflicts=True)  # sorted: two workers cannot deadlock
    written = persons_of([key for group in fresh for key in group.new])
    for group in fresh:
        first = next((written[k] for k in sorted(group.new) if written[k] != group.person), None)
        if first is not None:
            Identity.objects.filter(person=group.person).update(person=first)


def _locked(known: dict[str, int]) -> dict[str, int]:
    """Lock the persons in order, and follow merges made meanwhile. A lock that lets others refer to the rows."""
    while True:
        rows = Person.objects.filter(pk__in=set(known.values())).order_by("pk").select_for_update(no_key=True)
        merged = {pk: into for pk, into in rows.values_list("pk", "merged_into") if into is not None}
        if not merged:
            return known
        known = {key: merged.get(person, person) for key, person in known.items()}


def _settle(prescription: UUID, keys: Sequence[str], known: dict[str, int], at: datetime) -> Link:
    persons = list(dict.fromkeys(known[k] for k in keys))
    for other in persons[1:]:
        first, second = sorted((persons[0], other))
        MergeCandidate.objects.get_or_create(
            first_id=first, second_id=second, defaults={"prescription": prescription, "created_at": at}
        )
    return Link(persons[0], conflict=len(persons) > 1)
