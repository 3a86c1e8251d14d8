"""Early information for the patient: what is being prepared, before anything is final. The last one counts."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from routing import supplying
from routing.dispensing import may_go_on
from routing.holding import hold
from routing.models import DispenseDraft
from routing.supplying import Supplied
from rxcenter.accounts.roles import Actor
from rxcenter.ledger.recording import record, transaction


def draft(
    claim: UUID,
    token: str,
    lines: Sequence[Supplied] | None,
    *,
    expected_at: datetime | None,
    by: Actor,
    at: datetime,
) -> DispenseDraft:
    """Write or overwrite the early information of a claim; nothing is taken from what is left.

    Raises as dispensing does for lines that do not fit. A hand-over, a return or a lapse erases it.
    """
    with transaction():
        held = hold(claim, by.institution, token)
        may_go_on(held)
        recorded = supplying.records(supplying.locked_lines(held.order), lines)
        made, _new = DispenseDraft.objects.update_or_create(
            claim=held.claim, defaults={"lines": recorded, "expected_at": expected_at, "written_at": at}
        )
        record(
            "order.drafted",
            subject=held.prescription.pk,
            streams=[held.order.institution_id, held.claim.dispenser_id],
            actor=str(by),
            at=at,
            body={"order": str(held.order.pk), "claim": str(claim)},
        )
        return made
