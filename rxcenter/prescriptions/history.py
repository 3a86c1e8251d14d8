"""A patient's other prescriptions from all institutions: what only a regional centre can see."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast

from audit_rules import document as rx
from rxcenter.patients.linking import persons_of
from rxcenter.patients.merging import persons_as_one
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.states import State

# What never became a treatment: its drugs were not taken.
NOT_TAKEN = [State.REJECTED, State.REPLACED, State.CANCELLED, State.NOT_DISPENSED]


def until(issued_at: datetime) -> datetime:
    """How far the history of a prescription reaches: what is stored and was issued later counts too.

    Prescriptions come late and at the same moment. The one audited last must see the other, whichever it is.
    """
    return issued_at + timedelta(days=settings.HISTORY_DAYS)


def around(prescriptions: Iterable[UUID]) -> dict[UUID, list[rx.Prescription]]:
    """For each prescription (linked to a person before) the other documents of that person, oldest first.

    One statement for a whole batch; settings.HISTORY_DAYS either way of its issue; leaves out what was cancelled,
    rejected, replaced or never dispensed, and what is not linked yet: its own audit will see this one.
    """
    ids = list(prescriptions)
    found: dict[UUID, list[rx.Prescription]] = {pk: [] for pk in ids}
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH mine AS (
                SELECT p.id, coalesce(one.merged_into_id, one.id) AS root, issued_at, institution_id, number
                FROM prescriptions_prescription p JOIN patients_person one ON one.id = p.person_id WHERE p.id = ANY(%s)
            ), persons AS (
                SELECT id, root AS person FROM mine
                UNION SELECT mine.id, p.id FROM mine JOIN patients_person p ON p.merged_into_id = mine.root
            )
            SELECT mine.id, other.document::text
            FROM mine JOIN persons USING (id) CROSS JOIN make_interval(days => %s) AS span
            JOIN prescriptions_prescription other ON other.person_id = persons.person AND other.id <> mine.id
                AND other.issued_at BETWEEN mine.issued_at - span AND mine.issued_at + span
                AND other.state <> ALL(%s) AND (other.institution_id, other.number) <> (mine.institution_id, mine.number)
            ORDER BY mine.id, other.issued_at, other.id""",
            [ids, settings.HISTORY_DAYS, [s.value for s in NOT_TAKEN]],
        )
        decoded: dict[str, rx.Prescription] = {}
        for pk, text in cursor:
            if text not in decoded:
                decoded[text] = rx.decode_stored(text.encode())
            found[pk].append(decoded[text])
    return found


def around_unstored(keys: Sequence[str], *, issued_at: datetime) -> tuple[list[rx.Prescription], bool]:
    """The same for a document that is not stored (precheck): its patient's blind keys, the primary first.

    Returns the documents and whether that history is unlinked: the keys name several persons, or no key is usable.
    """
    known = persons_of(keys)
    persons = list(dict.fromkeys(known[k] for k in keys if k in known))
    if not persons:
        return [], not keys
    span = timedelta(days=settings.HISTORY_DAYS)
    rows = (
        Prescription.objects.filter(person__in=persons_as_one(persons[0]))
        .filter(issued_at__range=(issued_at - span, issued_at + span))
        .exclude(state__in=NOT_TAKEN)
        .annotate(text=Cast("document", TextField()))
        .order_by("issued_at", "pk")
        .values_list("text", flat=True)
    )
    return [rx.decode_stored(text.encode()) for text in rows], len(persons) > 1
