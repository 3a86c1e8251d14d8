"""Pharmacists take prescriptions and release them to the queue. One holder at a time; nothing is decided here."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from rxcenter.accounts.models import User
from rxcenter.accounts.roles import Actor, Role
from rxcenter.accounts.scopes import Staff
from rxcenter.errors import Conflict, Forbidden, NotFound, Words, WrongState
from rxcenter.prescriptions.models import Prescription
from rxcenter.review.models import Waiting
from rxcenter.review.waiting import ORDER, first_decision, free, held_by, reviewer, visible


class TakenByOther(Conflict):
    """Another pharmacist holds it."""

    slug = "taken-by-other"


class OwnPrescription(Forbidden):
    """Nobody reviews what they prescribed."""

    slug = "own-prescription"


class SamePharmacist(Forbidden):
    """The second pharmacist is another person than the first."""

    slug = "same-pharmacist"


def take(prescription: UUID, *, by: User, at: datetime) -> Waiting:
    """Hold one prescription for review; taking it again is harmless and starts the time anew.

    Raises NotFound (not waiting, or outside the person's institutions), TakenByOther, OwnPrescription,
    SamePharmacist.
    """
    staff = Staff(by)
    with transaction.atomic():
        row = locked(staff, prescription)
        holder = held_by(row, at)
        if holder is not None and holder != by:
            raise taken(holder)
        check_reviewer(row, by)
        return _hold(row, by, at)


def take_next(*, by: User, at: datetime) -> Waiting | None:
    """Hold the next prescription in queue order; None when nothing waits. Two pharmacists never get the same."""
    with transaction.atomic():
        row = (
            free(Staff(by), at)
            .order_by(*ORDER, "pk")
            .select_for_update(of=("self",), skip_locked=True)
            .first()
        )
        return _hold(row, by, at) if row is not None else None


def release(prescription: UUID, *, by: User, at: datetime) -> None:
    """Give a prescription back to the queue. A chief pharmacist may give back what another holds."""
    staff = Staff(by)
    with transaction.atomic():
        row = locked(staff, prescription)
        holder = held_by(row, at)
        if holder is not None and holder != by and not _is_chief(staff, row):
            raise taken(holder)
        row.taken_by, row.taken_at = None, None
        row.save(update_fields=["taken_by", "taken_at"])


def locked(staff: Staff, prescription: UUID) -> Waiting:
    """The waiting row, locked. Raises NotFound where the person may not see it, WrongState when it is decided."""
    row = (
        Waiting.objects.select_for_update(of=("self",))
        .select_related("taken_by")
        .filter(pk=prescription)
        .first()
    )
    if row is None or reviewer(staff, row.institution_id) is None:
        raise NotFound()
    if not row.open or not visible(staff).filter(pk=prescription).exists():
        raise WrongState(Words("该处方已处理,不在审方队列中", "it is decided and no longer waits for review"))
    return row


def check_reviewer(row: Waiting, by: User) -> None:
    """Raises OwnPrescription or SamePharmacist where this person may not judge it."""
    if by.prescriber_id:
        prescriber = Prescription.objects.values_list("prescriber", flat=True).get(pk=row.prescription_id)
        if prescriber == by.prescriber_id:
            raise OwnPrescription(Words("不能审核本人开具的处方", "nobody reviews their own prescription"))
    first = first_decision(row)
    if first is not None and first.by_id == by.pk:
        raise SamePharmacist(
            Words("须由另一名药师复核", "a second pharmacist must be another person than the first")
        )


def taken(holder: User) -> TakenByOther:
    """The refusal that names who holds it."""
    return TakenByOther(Words(f"该处方正由{holder}审核", f"{holder} has taken it"))


def _hold(row: Waiting, by: User, at: datetime) -> Waiting:
    row.taken_by, row.taken_at = by, at
    row.save(update_fields=["taken_by", "taken_at"])
    return row


def _is_chief(staff: Staff, row: Waiting) -> bool:
    actor: Actor | None = reviewer(staff, row.institution_id)
    return actor is not None and actor.role is Role.CHIEF
