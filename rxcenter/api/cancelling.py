"""Taking back: the placer cancels, suspends and resumes; the holder answers a cancel."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from routing import proving
from routing.cancel_deciding import accept_cancel, refuse_cancel
from routing.cancelling import Cancelled, Outcome, Scope
from routing.idempotency import Answer
from rxcenter.api import cancelling_shapes as shapes
from rxcenter.api.authentication import caller, dispenser
from rxcenter.api.claims_shapes import CLAIM_TOKEN, IDEMPOTENCY_KEY
from rxcenter.api.composing import Cancel, Suspension, cancel, cancel_by_number, resume, suspend
from rxcenter.api.custody_calls import answered, checked, claim_token, once, sent
from rxcenter.api.dispenses_shapes import handover
from rxcenter.api.examples import CANCEL
from rxcenter.api.reading import mine
from rxcenter.api.shapes import OutcomeShape, ProblemShape
from rxcenter.prescriptions.models import Prescription

PROBLEM = OpenApiResponse(ProblemShape, description="application/problem+json")
ANSWERS = {200: shapes.CancelAnswer, 202: shapes.CancelAnswer, 404: PROBLEM, 409: PROBLEM}
SAYS = (
    "200 `cancelled`: nobody held it, or the holder already agreed. 200 `stopped_remainder`: what was handed over stays, "
    "the rest is no longer authorised. 202 `cancel_requested`: somebody holds it; until it answers (`decide_by`) nothing "
    "more is handed over, and the answer comes as an event. 409: it has been dispensed, has expired, or the patient cancelled it."
)


class CancelView(APIView):
    scope = "prescriptions"

    @extend_schema(
        operation_id="prescriptions_cancel_create",
        summary="Cancel it: at once, or by asking who holds it",
        description=SAYS,
        request=shapes.CancelShape,
        responses=ANSWERS,
        examples=[CANCEL],
    )
    def post(self, request: Request, pk: UUID) -> Response:
        body = checked(shapes.CancelShape, request)
        found = cancel(pk, _cancel(body), client=caller(request), at=timezone.now())
        return _told(mine(caller(request), pk=pk), found)


class CancelByNumberView(APIView):
    scope = "prescriptions"

    @extend_schema(
        operation_id="cancel_by_number",
        summary="Cancel by number, even before the prescription has arrived",
        description="Where no such prescription has arrived, 202 with `id` null: when it comes, however late, it is "
        "cancelled and never routed. " + SAYS,
        request=shapes.CancelByNumberShape,
        responses=ANSWERS,
    )
    def post(self, request: Request) -> Response:
        body = checked(shapes.CancelByNumberShape, request)
        row, found = cancel_by_number(
            body["number"], body.get("revision"), _cancel(body), client=caller(request), at=timezone.now()
        )
        return _told(row and mine(caller(request), pk=row.pk), found)


class CancelDecisionView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="decide_cancel",
        tags=["dispensing"],
        parameters=[IDEMPOTENCY_KEY, CLAIM_TOKEN],
        request=shapes.CancelDecision,
        responses={200: shapes.CancelDecided, 409: PROBLEM, 422: PROBLEM},
        summary="Answer the placer's cancel: accept it, or refuse with the hand-over that came before it",
    )
    def post(self, request: Request, claim: UUID) -> HttpResponse:
        body = checked(shapes.CancelDecision, request)
        by, at, token = dispenser(caller(request)), timezone.now(), claim_token(request)

        def act() -> Answer:
            answer: dict[str, Any] = {"claim_id": str(claim), "outcome": "cancelled", "dispense_id": None}
            if body["decision"] == "accept":
                order = accept_cancel(claim, token, by=by, at=at)
            else:
                made = refuse_cancel(claim, token, handover(body["dispense"]), by=by, at=at)
                order = made.order
                answer |= {"outcome": "refused", "dispense_id": str(made.pk)}
            return answered(
                200, {**answer, "order": str(order.pk), "state": order.state}, order.prescription_id
            )

        with proving.counting(at):
            return sent(once(request, f"claims/{claim}/cancel-decision", act, by, token))


class SuspendView(APIView):
    scope = "prescriptions"

    @extend_schema(
        operation_id="suspend",
        summary="Suspend it: nothing is claimed or handed over until it is resumed",
        request=shapes.SuspendShape,
        responses={200: OutcomeShape, 404: PROBLEM, 409: PROBLEM},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        body = checked(shapes.SuspendShape, request)
        said = Suspension(body["code"], body["reason"])
        return Response(
            {"id": str(pk), "state": suspend(pk, said, client=caller(request), at=timezone.now()).state}
        )


class ResumeView(APIView):
    scope = "prescriptions"

    @extend_schema(
        operation_id="resume",
        summary="Resume a suspended prescription",
        request=None,
        responses={200: OutcomeShape, 404: PROBLEM, 409: PROBLEM},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        return Response({"id": str(pk), "state": resume(pk, client=caller(request), at=timezone.now()).state})


def _cancel(body: dict[str, Any]) -> Cancel:
    return Cancel(body["code"], body["reason"], Scope(body["scope"]), body.get("issue"))


def _told(row: Prescription | None, found: Cancelled) -> Response:
    answer = {
        "id": row and str(row.pk),
        "state": row and row.state,
        "outcome": found.outcome.value,
        "decide_by": found.decide_by and found.decide_by.isoformat(),
        "holders": list(found.holders),
        "orders": found.orders,
    }
    return Response(answer, status=202 if found.outcome is Outcome.CANCEL_REQUESTED else 200)
