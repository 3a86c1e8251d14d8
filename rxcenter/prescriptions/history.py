"""A patient's earlier prescriptions from all institutions: what only a regional centre can see."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast

from audit_rules import document as rx
from rxcenter.patients.merging import persons_as_one
from rxcenter.patients.models import Identity, Person
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.states import State

# What never became a treatment: its drugs were not taken.
NOT_TAKEN = [State.REJECTED, State.REPLACED, State.CANCELLED, State.NOT_DISPENSED]


def earlier(prescriptions: Iterable[UUID]) -> dict[UUID, list[rx.Prescription]]:
    """For each prescription (linked to a person before) the documents of that person issued before it, oldest first.

    One statement for a whole batch; looks back settings.HISTORY_DAYS; leaves out what was cancelled, rejected,
    replaced or never dispensed.
    """
    ids = list(prescriptions)
    found: dict[UUID, list[rx.Prescription]] = {pk: [] for pk in ids}
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH mine AS (
                SELECT id, person_id, issued_at, institution_id, number FROM prescriptions_prescription WHERE id = ANY(%s)
            ), persons AS (
                SELECT id, person_id AS person FROM mine
                UNION SELECT mine.id, p.id FROM mine JOIN patients_person p ON p.merged_into_id = mine.person_id
            )
            SELECT mine.id, old.document::text
            FROM mine JOIN persons USING (id)
            JOIN prescriptions_prescription old ON old.person_id = persons.person AND old.id <> mine.id
                AND old.issued_at < mine.issued_at AND old.issued_at >= mine.issued_at - make_interval(days => %s)
                AND old.state <> ALL(%s) AND (old.institution_id, old.number) <> (mine.institution_id, mine.number)
            ORDER BY mine.id, old.issued_at, old.id""",
            [ids, settings.HISTORY_DAYS, [s.value for s in NOT_TAKEN]],
        )
        decoded: dict[str, rx.Prescription] = {}
        for pk, text in cursor:
            if text not in decoded:
                decoded[text] = rx.decode_stored(text.encode())
            found[pk].append(decoded[text])
    return found


def earlier_of(keys: Sequence[str], *, before: datetime) -> tuple[list[rx.Prescription], bool]:
    """The same for a document that is not stored (precheck): its patient's blind keys, the primary first.

    Returns the documents and whether the keys name more than one person.
    """
    owners = dict(Identity.objects.filter(key__in=keys).values_list("key", "person_id"))
    roots = {key: min(persons_as_one(_root(pk))) for key, pk in owners.items()}
    person = next((roots[k] for k in keys if k in roots), None)
    if person is None:
        return [], False
    rows = (
        Prescription.objects.filter(person__in=persons_as_one(person), issued_at__lt=before)
        .filter(issued_at__gte=before - timedelta(days=settings.HISTORY_DAYS))
        .exclude(state__in=NOT_TAKEN)
        .annotate(text=Cast("document", TextField()))
        .order_by("issued_at", "pk")
        .values_list("text", flat=True)
    )
    return [rx.decode_stored(text.encode()) for text in rows], len(set(roots.values())) > 1


def _root(person: int) -> int:
    return Person.objects.values_list("merged_into", flat=True).get(pk=person) or person
