"""A holder's acts between the claim and the hand-over. Each view checks shape and calls one verb."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from routing.closing import release_remainder
from routing.dispatching import delivery_failed, dispatch
from routing.heartbeating import cap, heartbeat
from routing.idempotency import Answer
from routing.models import Order
from routing.readying import COLLECT_WITHIN, ready
from routing.reviewing import review, second_review_missing
from routing.splitting import split
from routing.starting import start
from rxcenter.accounts.roles import Actor
from rxcenter.api import claim_acts_shapes as shapes
from rxcenter.api.authentication import caller, dispenser
from rxcenter.api.claims_shapes import CLAIM_TOKEN, IDEMPOTENCY_KEY
from rxcenter.api.custody_calls import answered, checked, claim_token, once, sent

HEADERS = [IDEMPOTENCY_KEY, CLAIM_TOKEN]


@dataclass(frozen=True, slots=True)
class Call:
    """One act of a holder: on which claim, with which token and body, by whom, when."""

    claim: UUID
    token: str
    body: dict[str, Any]
    by: Actor
    at: datetime


Said = tuple[dict[str, Any], UUID]


def act_once(
    request: Request,
    claim: UUID,
    act: Callable[[Call], Said],
    *,
    verb: str,
    shape: type[shapes.Strict] = shapes.Nothing,
    status: int = 200,
) -> HttpResponse:
    """Check the body, run the act once for its key, store and send what it says."""
    body = checked(shape, request)
    call = Call(claim, claim_token(request), body, dispenser(caller(request)), timezone.now())

    def run() -> Answer:
        content, prescription = act(call)
        return answered(status, {"claim_id": str(claim), **content}, prescription)

    return sent(once(request, f"claims/{claim}/{verb}", run, call.by, call.token))


def _order(order: Order, **more: Any) -> Said:
    return {"order": str(order.pk), "state": order.state, **more}, order.prescription_id


class HeartbeatView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="heartbeat",
        tags=["dispensing"],
        parameters=HEADERS,
        request=shapes.Nothing,
        responses={200: shapes.Heartbeat},
        summary="Extend the lease of a claim to 30 minutes from now, at most to its cap",
    )
    def post(self, request: Request, claim: UUID) -> HttpResponse:
        def act(call: Call) -> Said:
            found = heartbeat(call.claim, call.token, by=call.by, at=call.at)
            lease = found.lease_until and found.lease_until.isoformat()
            return {"lease_until": lease, "cap": cap(found).isoformat()}, found.order.prescription_id

        return act_once(request, claim, act, verb="heartbeat")


class StartView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="start",
        tags=["dispensing"],
        parameters=HEADERS,
        request=shapes.Nothing,
        responses={200: shapes.Acted},
        summary="Preparation has started: no lease runs out any more",
    )
    def post(self, request: Request, claim: UUID) -> HttpResponse:
        def act(call: Call) -> Said:
            return _order(start(call.claim, call.token, by=call.by, at=call.at))

        return act_once(request, claim, act, verb="start")


class ReadyView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="ready",
        tags=["dispensing"],
        parameters=HEADERS,
        request=shapes.Nothing,
        responses={200: shapes.Ready},
        summary="The goods stand ready for the patient or the courier",
    )
    def post(self, request: Request, claim: UUID) -> HttpResponse:
        def act(call: Call) -> Said:
            order = ready(call.claim, call.token, by=call.by, at=call.at)
            return _order(order, collect_by=(call.at + COLLECT_WITHIN).isoformat())

        return act_once(request, claim, act, verb="ready")


class DispatchView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="dispatch",
        tags=["dispensing"],
        parameters=HEADERS,
        request=shapes.DispatchRequest,
        responses={200: shapes.Acted},
        examples=shapes.DISPATCH_EXAMPLES,
        summary="A courier has it; the hand-over at the door is then recorded as a dispense with the pickup code",
    )
    def post(self, request: Request, claim: UUID) -> HttpResponse:
        def act(call: Call) -> Said:
            return _order(dispatch(call.claim, call.token, by=call.by, at=call.at, **call.body))

        return act_once(request, claim, act, verb="dispatch", shape=shapes.DispatchRequest)


class DeliveryFailedView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="delivery_failed",
        tags=["dispensing"],
        parameters=HEADERS,
        request=shapes.DeliveryFailed,
        responses={200: shapes.Acted},
        examples=shapes.FAILED_EXAMPLES,
        summary="The courier brought it back: it stands ready again",
    )
    def post(self, request: Request, claim: UUID) -> HttpResponse:
        def act(call: Call) -> Said:
            return _order(delivery_failed(call.claim, call.token, by=call.by, at=call.at, **call.body))

        return act_once(request, claim, act, verb="delivery-failed", shape=shapes.DeliveryFailed)


class SplitView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="split",
        tags=["dispensing"],
        parameters=HEADERS,
        request=shapes.SplitRequest,
        responses={200: shapes.SplitAnswer},
        examples=shapes.SPLIT_EXAMPLES,
        summary="Let some lines go to another dispenser and keep the rest; nothing is prescribed anew",
    )
    def post(self, request: Request, claim: UUID) -> HttpResponse:
        def act(call: Call) -> Said:
            done = split(call.claim, call.token, by=call.by, at=call.at, **call.body)
            content = {"order": str(done.kept.pk), "part": str(done.part.pk), "part_state": done.part.state}
            return content, done.kept.prescription_id

        return act_once(request, claim, act, verb="split", shape=shapes.SplitRequest)


class RemainderView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="release_remainder",
        tags=["dispensing"],
        parameters=HEADERS,
        request=shapes.RemainderRequest,
        responses={200: shapes.RemainderAnswer},
        examples=shapes.REMAINDER_EXAMPLES,
        summary="Part was handed over; let another dispenser supply the rest",
    )
    def post(self, request: Request, claim: UUID) -> HttpResponse:
        def act(call: Call) -> Said:
            done = release_remainder(call.claim, call.token, by=call.by, at=call.at, **call.body)
            part = done.part
            return _order(
                done.order, part=str(part.pk) if part else None, part_state=part.state if part else None
            )

        return act_once(request, claim, act, verb="release-remainder", shape=shapes.RemainderRequest)


class ReviewView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="second_review",
        tags=["dispensing"],
        parameters=HEADERS,
        request=shapes.ReviewRequest,
        responses={201: shapes.ReviewAnswer},
        examples=shapes.REVIEW_EXAMPLES,
        summary="Your own pharmacist's verdict; a receiving institution needs it before anything is handed over",
    )
    def post(self, request: Request, claim: UUID) -> HttpResponse:
        def act(call: Call) -> Said:
            words = {**call.body, "reason": call.body.get("reason") or ""}
            made = review(call.claim, call.token, by=call.by, at=call.at, **words)
            content = {
                "verdict": made.verdict,
                "reason": made.reason or None,
                "at": made.at.isoformat(),
                "may_hand_over": not second_review_missing(made.claim),
            }
            return content, made.claim.order.prescription_id

        return act_once(request, claim, act, verb="review", shape=shapes.ReviewRequest, status=201)
