"""Dispensers: claims and returns. Each view checks shape and calls one verb."""

from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from routing import proving
from routing.handing import claim_answer
from routing.holding import mine
from routing.idempotency import Answer
from routing.quarantining import claim_or_quarantine
from routing.returning import give_back_lines
from rxcenter.api import claims_shapes as shapes
from rxcenter.api.authentication import dispenser
from rxcenter.api.claim_answers import claimed, sent_claim, whole
from rxcenter.api.custody_calls import answered, checked, claim_token, once, sent
from rxcenter.api.problems import respond


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
            return claimed(claim_or_quarantine(order, by=by, at=at, proven=proven), by=by, at=at)

        with proving.counting(at):
            return sent_claim(once(request, "claims", act, by, whole=whole(by, at)))


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
        summary="Give an unsupplied order back, or some of its lines; they are offered to the next dispenser at once",
    )
    def post(self, request: Request, claim: UUID) -> HttpResponse:
        body = checked(shapes.Return, request)
        by, at, token = dispenser(request.auth), timezone.now(), claim_token(request)

        def act() -> Answer:
            done = give_back_lines(claim, token, body.get("lines"), reason=body["reason"], by=by, at=at)
            answer = {
                "claim_id": str(claim),
                "state": "open" if done.kept else "returned",
                "order": str(done.order.pk),
                "kept": str(done.kept.pk) if done.kept else None,
            }
            return answered(200, answer, done.order.prescription_id)

        return sent(once(request, f"claims/{claim}/return", act, by, token))
