"""A patient's earlier prescriptions from all institutions: what only a regional centre can see."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection

from audit_rules import document as rx
from rxcenter.patients.models import Person
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
            f"""SELECT mine.id, old.document::text
            FROM prescriptions_prescription mine
            JOIN {Person._meta.db_table} p ON p.id = mine.person_id OR p.merged_into_id = mine.person_id
            JOIN prescriptions_prescription old ON old.person_id = p.id AND old.id <> mine.id
                AND old.issued_at < mine.issued_at AND old.issued_at >= mine.issued_at - %s
                AND old.state <> ALL(%s) AND (old.institution_id, old.number) <> (mine.institution_id, mine.number)
            WHERE mine.id = ANY(%s)
            ORDER BY mine.id, old.issued_at, old.id""",
            [timedelta(days=settings.HISTORY_DAYS), [s.value for s in NOT_TAKEN], ids],
        )
        decoded: dict[str, rx.Prescription] = {}
        for pk, text in cursor:
            if text not in decoded:
                decoded[text] = rx.decode_stored(text.encode())
            found[pk].append(decoded[text])
    return found
