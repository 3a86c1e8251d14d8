"""The placer reads its patient's pickup code. Encrypted at rest; each reading is logged."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from routing.models import Claim, Offer, Order
from routing.register import contact
from routing.sealed_codes import opened
from routing.states import TERMINAL, OrderState
from rxcenter.api.authentication import placer
from rxcenter.api.claims_shapes import PickupAnswer
from rxcenter.api.events import whole_number
from rxcenter.api.problems import respond
from rxcenter.api.reading import mine
from rxcenter.errors import Words, WrongState
from rxcenter.prescriptions.models import Prescription

# Of several parts under one code one may have ended while another still waits
WITHOUT_CODE = TERMINAL | {OrderState.UNROUTABLE}
PURPOSE = "pickup code for the patient"


class PickupView(APIView):
    scope = "prescriptions"

    @extend_schema(
        operation_id="pickup",
        tags=["prescriptions"],
        responses={200: PickupAnswer},
        summary="Pickup code, place and time limit for the patient",
        parameters=[
            OpenApiParameter("issue", int, description="of a repeat; without it the one that comes next")
        ],
    )
    def get(self, request: Request, prescription: UUID) -> HttpResponse:
        row = mine(request.auth, pk=prescription)
        wanted = Order.objects.filter(prescription=row)
        if issue := request.query_params.get("issue"):
            wanted = wanted.filter(issue=whole_number("issue", issue))
        orders = list(wanted.order_by("issue", "-created_at").prefetch_related("lines"))
        waiting = [o for o in orders if o.state not in WITHOUT_CODE]
        if not waiting:
            raise _no_code(row, orders[0] if orders else None)
        by, at = placer(request.auth), timezone.now()
        parts = [_part(order, opened(order, by=by, purpose=PURPOSE, at=at)) for order in waiting]
        first = {name: value for name, value in parts[0].items() if name not in ("issue", "lines")}
        return respond(200, {**first, "number": row.number, "parts": parts})


def _part(order: Order, code: str) -> dict[str, Any]:
    """One order that waits: parts of one issue share a code, each issue of a repeat has its own."""
    lines = sorted(row.line for row in order.lines.all())
    return {**_where(order), "code": code, "issue": order.issue, "lines": lines}


def _where(order: Order) -> dict[str, Any]:
    """The holder, or whoever is asked now."""
    held = Claim.objects.filter(order=order, state=Claim.State.OPEN).values_list("dispenser_id", flat=True)
    asked = Offer.objects.filter(order=order, state=Offer.State.PENDING).values_list(
        "dispenser_id", flat=True
    )
    return {
        "prescription": str(order.prescription_id),
        "order": str(order.pk),
        "state": order.state,
        "delivery": order.delivery,
        "expires_at": order.expires_at.isoformat(),
        "pool": order.pool,
        "dispensers": [contact(code) for code in held or asked],
    }


def _no_code(row: Prescription, order: Order | None) -> WrongState:
    state = order.state if order is not None else row.state
    words = Words("目前没有可用的取药码", f"there is no pickup code now: {state}")
    return WrongState(words, state=row.state, order_state=order.state if order is not None else None)
