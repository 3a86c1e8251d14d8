"""The placer's next revision: the old one is replaced and the new one received, in one transaction."""

from datetime import datetime
from uuid import UUID

from rxcenter.accounts.roles import Actor, Role
from rxcenter.errors import Conflict, Words
from rxcenter.ledger.recording import transaction
from rxcenter.prescriptions.lifecycle import Step, move
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.receiving import Posted, Receipt, insert, prepare
from rxcenter.prescriptions.states import State


class RevisionOutOfOrder(Conflict):
    """The document is not the next revision of the current one."""

    slug = "revision-out-of-order"


def amend(old: UUID, posted: Posted, *, at: datetime) -> Receipt:
    """Replace the current revision. The caller has locked it and withdrawn its order, in the same transaction.

    Raises RevisionOutOfOrder unless number equals and revision follows; WrongState when the old one has ended.
    """
    with transaction():
        before = Prescription.objects.only("number", "revision", "current").get(pk=old)
        doc = posted.document
        if doc.number != before.number or doc.revision != before.revision + 1 or not before.current:
            words = Words(
                f"修改必须是同一处方号的第 {before.revision + 1} 版",
                f"an amendment is revision {before.revision + 1} of number {before.number}",
            )
            raise RevisionOutOfOrder(
                words,
                path="$.revision",
                found=doc.revision,
                allowed=before.revision + 1,
                number=before.number,
            )
        by = Actor(Role.PLACER, posted.client.key_id, posted.client.institution)
        row = prepare(posted, at=at)
        move(Step(old, "replaced", body={"replaced_by": row["id"]}), by=by, at=at)
        Prescription.objects.filter(pk=old).update(current=False)
        insert([row])
        return Receipt(UUID(row["id"]), doc.number, doc.revision, str(State.RECEIVED), created=True)
