"""The placer says who is to be asked, before anyone has claimed it; dispensers say what they have."""

from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from routing.models import Order
from routing.nominating import nominate
from routing.states import OrderState
from routing.stocking import Declared, report
from rxcenter.api import offers_shapes as shapes
from rxcenter.api.authentication import caller, placer
from rxcenter.api.custody_calls import checked
from rxcenter.api.problems import respond
from rxcenter.api.reading import mine
from rxcenter.api.shapes import ProblemShape
from rxcenter.errors import Invalid, NotFound, Words

PROBLEM = OpenApiResponse(ProblemShape, description="application/problem+json")
ENDED = (OrderState.COMPLETED, OrderState.CANCELLED, OrderState.EXPIRED)


class NominationView(APIView):
    scope = "prescriptions"

    @extend_schema(
        operation_id="nominate",
        summary="Choose the dispensers to ask, before anyone has claimed it; routes anew what was not supplied",
        request=shapes.Nomination,
        responses={200: shapes.Nominated, 404: PROBLEM, 409: PROBLEM, 422: PROBLEM},
    )
    def put(self, request: Request, pk: UUID) -> HttpResponse:
        body = checked(shapes.Nomination, request)
        row = mine(caller(request), pk=pk)
        order = _order(row.pk, body.get("order"))
        done = nominate(order, body["nominated"], by=placer(caller(request)), at=timezone.now())
        answer = {
            "prescription": str(pk),
            "order": str(done.pk),
            "state": done.state,
            "nominated": done.ranked,
        }
        return respond(200, answer)


class StockView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="report_stock",
        tags=["dispensing"],
        request=shapes.StockFeed,
        responses={200: shapes.StockTaken, 422: PROBLEM},
        examples=shapes.STOCK_EXAMPLES,
        summary="Declare what is in stock; it ranks offers and tells patients where to go, it promises nothing",
    )
    def put(self, request: Request) -> HttpResponse:
        body = checked(shapes.StockFeed, request)
        at = timezone.now()
        if body["as_of"] > at:
            words = Words("时间不得晚于现在", "as_of lies in the future")
            problem = {
                "path": "$.as_of",
                "found": body["as_of"].isoformat(),
                "allowed": f"<= {at.isoformat()}",
            }
            raise Invalid(words, problems=[{**problem, "message": {"zh": words.zh, "en": words.en}}])
        items = [Declared(**{"code": None, "name": None, "quantity": None, **item}) for item in body["items"]]
        written = report(
            caller(request).institution, items, as_of=body["as_of"], complete=body["complete"], at=at
        )
        return respond(200, {"items": len(items), "written": written})


def _order(prescription: UUID, named: UUID | None) -> UUID:
    """The order meant: the one named, or the only one that can still be routed."""
    orders = list(Order.objects.filter(prescription=prescription).order_by("issue", "created_at"))
    if named is not None:
        orders = [o for o in orders if o.pk == named]
    elif any(o.state not in ENDED for o in orders):
        orders = [o for o in orders if o.state not in ENDED]
    if not orders:
        raise NotFound
    if len(orders) > 1 and named is None:
        words = Words("有多张流转单,请指明 order", "there are several orders: say which")
        problem = {"path": "$.order", "found": "null", "allowed": ", ".join(str(o.pk) for o in orders)}
        raise Invalid(words, problems=[{**problem, "message": {"zh": words.zh, "en": words.en}}])
    return orders[0].pk
