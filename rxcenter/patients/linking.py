"""Links one person's identifiers across institutions. Never guesses: identifiers of two persons make a conflict."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from rxcenter.patients.models import Identity, MergeCandidate, Person


class Link(NamedTuple):
    """Whose prescription it is, and whether all its identifiers agree."""

    person: int
    conflict: bool


def link(keys_by_prescription: Mapping[UUID, Sequence[str]], *, at: datetime) -> dict[UUID, Link]:
    """Find or make the person of each prescription from its blind keys (the first is primary).

    Runs in the caller's transaction, a handful of statements for a whole batch. A key seen for the first time
    joins the person that the prescription's other keys name. When the keys name several persons, the primary key's
    person is taken, the pair goes to the merge list, and the link says `conflict`.
    """
    wanted = sorted({k for keys in keys_by_prescription.values() for k in keys})
    known = _persons(wanted)
    fresh: dict[str, Person] = {}
    for keys in keys_by_prescription.values():
        if not any(k in known or k in fresh for k in keys):
            fresh[keys[0]] = Person(created_at=at)
    Person.objects.bulk_create(fresh.values())
    _add({key: person.pk for key, person in fresh.items()}, at)
    if fresh:
        known |= _persons(list(fresh))  # a concurrent worker may have been first
    _join_new_keys(keys_by_prescription, known, at)
    known = _persons(wanted)
    return {pk: _settle(pk, keys, known, at) for pk, keys in keys_by_prescription.items()}


def _join_new_keys(
    keys_by_prescription: Mapping[UUID, Sequence[str]], known: dict[str, int], at: datetime
) -> None:
    new: dict[str, int] = {}
    for keys in keys_by_prescription.values():
        owner = next((known[k] for k in keys if k in known), None) or next(new[k] for k in keys if k in new)
        for key in keys:
            if key not in known:
                new.setdefault(key, owner)
    _add(new, at)


def _settle(prescription: UUID, keys: Sequence[str], known: dict[str, int], at: datetime) -> Link:
    persons = list(dict.fromkeys(known[k] for k in keys))
    apart = set()
    for other in persons[1:]:
        first, second = sorted((persons[0], other))
        candidate, _ = MergeCandidate.objects.get_or_create(
            first_id=first, second_id=second, defaults={"prescription": prescription, "created_at": at}
        )
        apart.add(candidate.pk)
    return Link(persons[0], conflict=bool(apart))


def _persons(keys: Sequence[str]) -> dict[str, int]:
    rows = Identity.objects.filter(key__in=keys).values_list("key", "person_id", "person__merged_into")
    return {key: merged or person for key, person, merged in rows}


def _add(owners: Mapping[str, int], at: datetime) -> None:
    """Sorted, so that two workers adding the same keys cannot deadlock."""
    rows = [Identity(key=key, person_id=owners[key], created_at=at) for key in sorted(owners)]
    Identity.objects.bulk_create(rows, ignore_conflicts=True)
