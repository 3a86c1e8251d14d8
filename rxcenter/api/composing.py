"""What needs both review and routing: the placer's cancel and amend. Locks the prescription, then its order."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from routing.cancelling import Cancelled, Outcome, Scope, cancel_orders, holders
from routing.models import Order
from routing.settling import settle
from routing.withdrawing import withdraw
from rxcenter.accounts.keys import Client
from rxcenter.api.authentication import placer
from rxcenter.api.reading import mine
from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob
from rxcenter.ledger.models import Event
from rxcenter.ledger.recording import transaction
from rxcenter.prescriptions.amending import amend
from rxcenter.prescriptions.lifecycle import Step, lock, move
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.receiving import Posted, Receipt
from rxcenter.prescriptions.states import State
from rxcenter.prescriptions.tombstones import leave
from rxcenter.review.expiring import leave_desk


@dataclass(frozen=True, slots=True)
class Cancel:
    """What a placer says when it cancels: `code` goes into the event, `note` is free text and stays beside it."""

    code: str
    note: str = ""
    scope: Scope = Scope.ALL
    issue: int | None = None


def cancel(prescription: UUID, asked: Cancel, *, client: Client, at: datetime) -> Cancelled:
    """End a prescription and its orders, or ask who holds one. Raises NotFound, WrongState and what cancel_orders does.

    Repeating it is doing it once: the same canceller gets the same answer.
    """
    mine(client, pk=prescription)
    by = placer(client)
    with transaction():
        row = lock([prescription])[prescription]
        if row.state == State.CANCELLED and _cancelled_by(row, client.institution):
            return Cancelled(Outcome.CANCELLED, {})
        found = cancel_orders(row, reason=asked.code, scope=asked.scope, issue=asked.issue, by=by, at=at)
        move_name = _ends(found)
        if move_name:
            move(Step(prescription, move_name, reason=asked.code, note=asked.note), by=by, at=at)
            leave_desk([prescription])
        return found


def cancel_by_number(
    number: str, revision: int | None, asked: Cancel, *, client: Client, at: datetime
) -> tuple[Prescription | None, Cancelled]:
    """As `cancel`, for a prescription that may not have arrived: then a mark waits for it (rule X3)."""
    where = {"current": True} if revision is None else {"revision": revision}

    def look() -> Prescription | None:
        return Prescription.objects.filter(institution=client.institution, number=number, **where).first()

    row = look()
    if row is None:
        with transaction():
            leave(client.institution, number, revision, reason=asked.code, by=placer(client), at=at)
        row = look()  # it may have been committed meanwhile, too early for its audit to see the mark
    if row is None:
        return None, Cancelled(Outcome.CANCEL_REQUESTED, {})
    return row, cancel(row.pk, asked, client=client, at=at)


def _ends(found: Cancelled) -> str | None:
    """How the prescription itself moves; None while a holder must answer, or issues go on."""
    if found.outcome is Outcome.CANCEL_REQUESTED or not found.whole:
        return None
    return "cancelled" if found.outcome is Outcome.CANCELLED else "discontinued"


def _cancelled_by(row: Prescription, institution: str) -> bool:
    """Whether this placer, or the centre on its behalf, cancelled it (and not the patient)."""
    last = Event.objects.filter(subject=row.pk, type="prescription.cancelled", primary=True).last()
    return last is not None and last.actor.startswith((f"placer:{institution}/", "system:"))


@dataclass(frozen=True, slots=True)
class Suspension:
    """What a placer says when it suspends or resumes."""

    code: str
    note: str = ""


def suspend(prescription: UUID, said: Suspension, *, client: Client, at: datetime) -> Prescription:
    """Nothing may be claimed or handed over until it is resumed; who holds it is told. Raises NotFound, WrongState."""
    mine(client, pk=prescription)
    step = Step(prescription, "held", reason=said.code, note=said.note)
    return move(step, by=placer(client), at=at, streams=holders(prescription))


def resume(prescription: UUID, *, client: Client, at: datetime) -> Prescription:
    """It may be routed and claimed again, and ends where its orders ended meanwhile. Raises NotFound, WrongState."""
    mine(client, pk=prescription)
    with transaction():
        row = move(Step(prescription, "resumed"), by=placer(client), at=at, streams=holders(prescription))
        if not Order.objects.filter(prescription=prescription).exists():
            queue.add([NewJob("route", prescription, at)])
        settle(row, at=at)
        return row


def amend_prescription(prescription: UUID, posted: Posted, *, at: datetime) -> Receipt:
    """Replace a revision by the next one; its unclaimed order ends, the new revision is audited from the start."""
    mine(posted.client, pk=prescription)
    with transaction():
        lock([prescription])
        withdraw(prescription, by=placer(posted.client), at=at)
        receipt = amend(prescription, posted, at=at)
        leave_desk([prescription])
        return receipt
