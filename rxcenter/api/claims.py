"""Dispensers: offers, claims, return, dispense, decline. Each view checks shape and calls one verb."""

import json
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from routing import proving
from routing.claiming import claim
from routing.declining import decline
from routing.dispensing import dispense
from routing.handing import as_held, claim_answer, offer_answer, without_secrets
from routing.holding import mine
from routing.idempotency import Answer
from routing.models import Offer
from routing.returning import give_back
from rxcenter.api import claims_shapes as shapes
from rxcenter.api.authentication import dispenser
from rxcenter.api.custody_calls import answered, as_json, checked, claim_token, once, sent
from rxcenter.api.problems import respond
from rxcenter.prescriptions.states import State


class OffersView(APIView):
    """What is mine to fill, oldest first."""

    scope = "dispense"

    @extend_schema(
        operation_id="offers",
        tags=["dispensing"],
        parameters=shapes.PAGING,
        responses={200: shapes.Offers},
        summary="My pending offers",
    )
    def get(self, request: Request) -> HttpResponse:
        page = shapes.Paging(data=request.query_params)
        page.is_valid(raise_exception=True)
        after, limit = page.validated_data["after"], page.validated_data["limit"]
        rows = Offer.objects.filter(
            dispenser=request.auth.institution,
            state=Offer.State.PENDING,
            pk__gt=after,
            order__expires_at__gt=timezone.now(),
            order__prescription__state=State.APPROVED,
        )
        found = list(rows.select_related("order__prescription").order_by("pk")[: limit + 1])
        more = found[limit - 1].pk if len(found) > limit else None
        return respond(200, {"offers": [offer_answer(o) for o in found[:limit]], "next": more})


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
        declined = decline(offer, reason=body["reason"], by=dispenser(request.auth), at=timezone.now())
        return respond(200, {"offer_id": declined.pk, "state": declined.state, "reason": declined.reason})


class ClaimsView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="claim",
        tags=["dispensing"],
        parameters=[shapes.IDEMPOTENCY_KEY],
        request=shapes.ClaimRequest,
        responses={201: shapes.ClaimAnswer},
        examples=shapes.CLAIM_EXAMPLES,
        summary="Claim an order: by the offered order's id, or by prescription number and pickup code",
    )
    def post(self, request: Request) -> HttpResponse:
        body = checked(shapes.ClaimRequest, request)
        by, at = dispenser(request.auth), timezone.now()

        def act() -> Answer:
            proven = "code" in body
            order = body.get("order") or proving.find_order(
                body["prescription_no"], body["code"], request.auth.institution, at=at
            )
            made = claim(order, by=by, at=at, proven=proven)
            answer = claim_answer(made.claim, by=by, at=at, token=made.token)
            kept = as_json(without_secrets(answer))
            return Answer(201, as_json(answer), made.claim.order.prescription_id, kept=kept)

        def whole(kept: str) -> str:
            return as_json(as_held(json.loads(kept), by=by, at=at))

        with proving.counting(at):
            answer = once(request, "claims", act, by, whole=whole)
        response = sent(answer)
        response["Location"] = f"/api/v1/claims/{json.loads(answer.body)['claim_id']}"
        return response


class ClaimView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="read_claim",
        tags=["dispensing"],
        responses={200: shapes.ClaimAnswer},
        summary="My claim; while it is open with its token again, for whoever lost the answer",
    )
    def get(self, request: Request, claim: UUID) -> HttpResponse:
        found = mine(claim, request.auth.institution)
        return respond(200, claim_answer(found, by=dispenser(request.auth), at=timezone.now()))


class ReturnView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="return_claim",
        tags=["dispensing"],
        parameters=[shapes.IDEMPOTENCY_KEY, shapes.CLAIM_TOKEN],
        request=shapes.Return,
        responses={200: shapes.Returned},
        examples=shapes.RETURN_EXAMPLES,
        summary="Give an unsupplied order back; it is offered to the next dispenser at once",
    )
    def post(self, request: Request, claim: UUID) -> HttpResponse:
        body = checked(shapes.Return, request)
        by, at, token = dispenser(request.auth), timezone.now(), claim_token(request)

        def act() -> Answer:
            order = give_back(claim, token, reason=body["reason"], by=by, at=at)
            answer = {"claim_id": str(claim), "state": "returned", "order": str(order.pk)}
            return answered(200, answer, order.prescription_id)

        return sent(once(request, f"claims/{claim}/return", act, by, token))


class DispensesView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="dispense",
        tags=["dispensing"],
        parameters=[shapes.IDEMPOTENCY_KEY, shapes.CLAIM_TOKEN],
        request=shapes.DispenseRequest,
        responses={201: shapes.DispenseAnswer},
        examples=shapes.DISPENSE_EXAMPLES,
        summary="Record the hand-over of a whole order; the prescription is completed",
    )
    def post(self, request: Request, claim: UUID) -> HttpResponse:
        body = checked(shapes.DispenseRequest, request)
        by, at, token = dispenser(request.auth), timezone.now(), claim_token(request)

        def act() -> Answer:
            made = dispense(claim, token, shapes.handover(body), by=by, at=at)
            answer = {
                "dispense_id": str(made.pk),
                "claim_id": str(claim),
                "order": str(made.order_id),
                "local_id": made.local_id,
                "state": made.order.state,
                "lines": made.lines,
                "handed_over_at": made.handed_over_at.isoformat(),
            }
            return answered(201, answer, made.order.prescription_id)

        with proving.counting(at):
            return sent(once(request, f"claims/{claim}/dispenses", act, by, token))
