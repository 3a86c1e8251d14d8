"""Passing a held order on to another dispenser, and taking one over. Each view checks shape and calls one verb."""

from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from routing.handing import transfer_answer
from routing.idempotency import Answer
from routing.models import Transfer
from routing.quarantining import or_quarantine
from routing.transferring import (
    accept_transfer,
    answer_by,
    ask_transfer,
    decline_transfer,
    withdraw_transfer,
)
from rxcenter.api import claim_acts_shapes as shapes
from rxcenter.api.authentication import caller, dispenser
from rxcenter.api.claim_acts import HEADERS, Call, Said, act_once
from rxcenter.api.claim_answers import claimed, sent_claim, whole
from rxcenter.api.claims_shapes import IDEMPOTENCY_KEY, ClaimAnswer
from rxcenter.api.custody_calls import answered, checked, once, sent
from rxcenter.api.problems import respond

MOST = 100


class TransferView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="transfer",
        tags=["dispensing"],
        parameters=HEADERS,
        request=shapes.TransferRequest,
        responses={202: shapes.TransferAsked},
        examples=shapes.TRANSFER_EXAMPLES,
        summary="Ask another dispenser to take an order over; you hold it until it accepts",
    )
    def post(self, request: Request, claim: UUID) -> HttpResponse:
        def act(call: Call) -> Said:
            made = ask_transfer(call.claim, call.token, by=call.by, at=call.at, **call.body)
            content = {
                "transfer_id": made.pk,
                "to": made.to_id,
                "state": made.state,
                "answer_by": answer_by(made).isoformat(),
            }
            return content, made.claim.order.prescription_id

        return act_once(request, claim, act, verb="transfer", shape=shapes.TransferRequest, status=202)


class WithdrawTransferView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="withdraw_transfer",
        tags=["dispensing"],
        parameters=HEADERS,
        request=shapes.Nothing,
        responses={200: shapes.TransferEnd},
        summary="Keep the order after all",
    )
    def post(self, request: Request, claim: UUID) -> HttpResponse:
        def act(call: Call) -> Said:
            order = withdraw_transfer(call.claim, call.token, by=call.by, at=call.at)
            return {"state": Transfer.State.WITHDRAWN.value}, order.prescription_id

        return act_once(request, claim, act, verb="transfer/withdraw")


class TransfersView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="transfers",
        tags=["dispensing"],
        responses={200: shapes.Transfers},
        summary="What other dispensers want to pass on to me, oldest first",
    )
    def get(self, request: Request) -> HttpResponse:
        mine = Transfer.objects.filter(to=caller(request).institution, state=Transfer.State.PENDING)
        read = mine.select_related("claim__order__prescription").prefetch_related("claim__order__lines")
        found = list(read.order_by("pk")[:MOST])
        return respond(200, {"transfers": [transfer_answer(t, answer_by(t)) for t in found]})


class AcceptTransferView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="accept_transfer",
        tags=["dispensing"],
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.Nothing,
        responses={201: ClaimAnswer},
        summary="Take it over: a claim of your own, with its token and lease",
    )
    def post(self, request: Request, transfer: int) -> HttpResponse:
        checked(shapes.Nothing, request)
        by, at = dispenser(caller(request)), timezone.now()

        def act() -> Answer:
            return claimed(
                or_quarantine(lambda: accept_transfer(transfer, by=by, at=at), at=at), by=by, at=at
            )

        return sent_claim(once(request, f"transfers/{transfer}/accept", act, by, whole=whole(by, at)))


class DeclineTransferView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="decline_transfer",
        tags=["dispensing"],
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.TransferDecline,
        responses={200: shapes.TransferEnd},
        summary="Say no: the holder keeps the order",
    )
    def post(self, request: Request, transfer: int) -> HttpResponse:
        body = checked(shapes.TransferDecline, request)
        by, at = dispenser(caller(request)), timezone.now()

        def act() -> Answer:
            done = decline_transfer(transfer, reason=body["reason"], by=by, at=at)
            content = {"transfer_id": done.pk, "state": done.state}
            return answered(200, content, done.claim.order.prescription_id)

        return sent(once(request, f"transfers/{transfer}/decline", act, by))
