"""A cancel that comes before its prescription: it leaves a mark, and the late prescription is cancelled on arrival.

Nothing is locked between the two: the mark is committed, then the prescription is looked for once more (`leave`); a
prescription is committed, then its audit looks for marks (`meet`). Whichever commits last sees the other.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from rxcenter.accounts.roles import SYSTEM, Actor
from rxcenter.prescriptions.lifecycle import Step, move_all
from rxcenter.prescriptions.models import Prescription, Tombstone


def leave(
    institution: str, number: str, revision: int | None, *, reason: str, by: Actor, at: datetime
) -> Tombstone:
    """Mark a number (and revision; None = all) as cancelled; a second mark is the first one.

    The caller commits, and then looks for the prescription again.
    """
    made, _new = Tombstone.objects.get_or_create(
        institution_id=institution,
        number=number,
        revision=revision,
        defaults={"reason": reason, "by": str(by), "made_at": at},
    )
    return made


def meet(rows: Sequence[Prescription], *, at: datetime) -> set[Prescription]:
    """Cancel those of `rows` (locked, not yet audited) that a placer cancelled before they came; returns them."""
    if not rows:
        return set()
    wanted = Q()
    for row in rows:
        wanted |= Q(institution=row.institution_id, number=row.number)
    marks = Tombstone.objects.filter(wanted).order_by("pk")
    by_number: dict[tuple[str, str], list[Tombstone]] = {}
    for mark in marks:
        by_number.setdefault((mark.institution_id, mark.number), []).append(mark)
    met: dict[Prescription, Tombstone] = {}
    for row in rows:
        for mark in by_number.get((row.institution_id, row.number), ()):
            if mark.revision in (None, row.revision):
                met.setdefault(row, mark)
    steps = [Step(row.pk, "cancelled", mark.reason, {"tombstone": mark.pk}) for row, mark in met.items()]
    move_all(steps, by=SYSTEM, at=at)
    Tombstone.objects.filter(pk__in=[m.pk for m in met.values()], met_at=None).update(met_at=at)
    return set(met)
