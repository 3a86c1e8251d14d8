"""Dispensers: what I am asked to fill, and what I answer before any claim."""

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from routing.declining import acknowledge, answer_stock, decline
from routing.handing import offer_answer
from routing.models import Offer
from rxcenter.api import offers_shapes as shapes
from rxcenter.api.authentication import caller, dispenser
from rxcenter.api.custody_calls import checked
from rxcenter.api.problems import respond
from rxcenter.prescriptions.states import State

UNSEEN = OpenApiParameter("unseen", bool, description="only those not acknowledged yet")


class OffersView(APIView):
    """What is mine to fill, oldest first."""

    scope = "dispense"

    @extend_schema(
        operation_id="offers",
        tags=["dispensing"],
        parameters=[*shapes.PAGING, UNSEEN],
        responses={200: shapes.Offers},
        summary="My pending offers; those not acknowledged come back with `unseen`",
    )
    def get(self, request: Request) -> HttpResponse:
        page = shapes.OfferPaging(data=request.query_params)
        page.is_valid(raise_exception=True)
        after, limit = page.validated_data["after"], page.validated_data["limit"]
        rows = Offer.objects.filter(
            dispenser=caller(request).institution,
            state=Offer.State.PENDING,
            pk__gt=after,
            order__expires_at__gt=timezone.now(),
            order__prescription__state=State.APPROVED,
        )
        if page.validated_data["unseen"]:
            rows = rows.filter(acked_at=None)
        read = rows.select_related("order__prescription").prefetch_related("order__lines")
        found = list(read.order_by("pk")[: limit + 1])
        more = found[limit - 1].pk if len(found) > limit else None
        return respond(200, {"offers": [offer_answer(o) for o in found[:limit]], "next": more})


class AcknowledgeView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="acknowledge_offer",
        tags=["dispensing"],
        request=None,
        responses={200: shapes.Acknowledged},
        summary="I have seen this offer",
    )
    def post(self, request: Request, offer: int) -> HttpResponse:
        seen = acknowledge(offer, by=dispenser(caller(request)), at=timezone.now())
        return respond(200, {"offer_id": seen.pk, "state": seen.state, "acked_at": seen.acked_at})


class StockAnswerView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="answer_stock",
        tags=["dispensing"],
        request=shapes.StockAnswer,
        responses={200: shapes.StockAnswered},
        summary="When all of it can be had, before any claim; `not_available` asks the next dispenser at once",
    )
    def post(self, request: Request, offer: int) -> HttpResponse:
        body = checked(shapes.StockAnswer, request)
        said = answer_stock(offer, answer=body["answer"], by=dispenser(caller(request)), at=timezone.now())
        return respond(200, {"offer_id": said.pk, "state": said.state, "answer": body["answer"]})


class DeclineView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="decline_offer",
        tags=["dispensing"],
        request=shapes.Decline,
        responses={200: shapes.Declined},
        examples=shapes.DECLINE_EXAMPLES,
        summary="Say no to an offer; the next dispenser is asked at once",
    )
    def post(self, request: Request, offer: int) -> HttpResponse:
        body = checked(shapes.Decline, request)
        declined = decline(offer, reason=body["reason"], by=dispenser(caller(request)), at=timezone.now())
        return respond(200, {"offer_id": declined.pk, "state": declined.state, "reason": declined.reason})
