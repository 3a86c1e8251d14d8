"""The patient does not want it any more: possible while nobody holds any of it."""

from datetime import datetime

from routing.cancelling import cancel_orders
from routing.models import Claim, Order
from routing.pickup.entering import patient
from routing.refusals import Claimed
from routing.register import contact
from routing.settling import settle, standing
from routing.states import OPEN_CLAIM
from rxcenter.errors import Words
from rxcenter.ledger.recording import transaction
from rxcenter.prescriptions.lifecycle import Step, lock, move


def give_up(order: Order, *, at: datetime) -> None:
    """Cancel all of the prescription that nobody holds. Raises Claimed naming the holder, and as cancel_orders does."""
    by = patient(order)
    with transaction():
        row = lock([order.prescription_id])[order.prescription_id]
        orders = Order.objects.select_for_update().filter(prescription=row.pk).order_by("pk")
        held = [o for o in orders if o.state in OPEN_CLAIM]
        if held:
            code = Claim.objects.get(order=held[0], state=Claim.State.OPEN).dispenser_id
            holder = contact(code)
            words = Words(
                f"{holder['name']}正在备药,请先联系药店", f"{holder['name']} is preparing it: call them first"
            )
            raise Claimed(words, holder=holder)
        cancel_orders(row, reason="patient_request", by=by, at=at)
        if standing(row.pk):  # part was handed over before: the prescription ends as complete
            settle(row, at=at)
        else:
            move(Step(row.pk, "cancelled", "patient_request", {"by": "patient"}), by=by, at=at)
