"""Handing over, early information, and what corrects or refuses it. Each view checks shape and calls one verb."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from routing import proving, supplying
from routing.correcting import amend, withdraw
from routing.dispensing import dispense
from routing.drafting import draft
from routing.idempotency import Answer
from routing.models import Dispense
from routing.not_supplying import not_supplied
from rxcenter.api import dispenses_shapes as shapes
from rxcenter.api.authentication import caller, dispenser
from rxcenter.api.claims_shapes import CLAIM_TOKEN, IDEMPOTENCY_KEY
from rxcenter.api.custody_calls import answered, checked, claim_token, once, sent

HEADERS = [IDEMPOTENCY_KEY, CLAIM_TOKEN]


class DispensesView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="dispense",
        tags=["dispensing"],
        parameters=HEADERS,
        request=shapes.DispenseRequest,
        responses={201: shapes.DispenseAnswer},
        examples=shapes.DISPENSE_EXAMPLES,
        summary="Record a hand-over: everything, or part of it with the rest owed",
    )
    def post(self, request: Request, claim: UUID) -> HttpResponse:
        body = checked(shapes.DispenseRequest, request)
        by, at, token = dispenser(caller(request)), timezone.now(), claim_token(request)

        def act() -> Answer:
            made = dispense(claim, token, shapes.handover(body), by=by, at=at)
            return answered(201, _told(made), made.order.prescription_id)

        with proving.counting(at):
            return sent(once(request, f"claims/{claim}/dispenses", act, by, token))


class DraftView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="draft_dispense",
        tags=["dispensing"],
        parameters=HEADERS,
        request=shapes.DraftRequest,
        responses={200: shapes.DraftAnswer},
        summary="Early information for the patient; the last one counts, a hand-over or return erases it",
    )
    def post(self, request: Request, claim: UUID) -> HttpResponse:
        body = checked(shapes.DraftRequest, request)
        by, at, token = dispenser(caller(request)), timezone.now(), claim_token(request)

        def act() -> Answer:
            lines = shapes.supplied(body.get("lines"))
            made = draft(claim, token, lines, expected_at=body.get("expected_at"), by=by, at=at)
            told = {"claim_id": str(claim), "lines": made.lines, "expected_at": _iso(made.expected_at)}
            return answered(200, told, made.claim.order.prescription_id)

        return sent(once(request, f"claims/{claim}/draft", act, by, token))


class NotSuppliedView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="not_supplied",
        tags=["dispensing"],
        parameters=HEADERS,
        request=shapes.NotSupplied,
        responses={200: shapes.NotSuppliedAnswer},
        summary="Will not be supplied, for a reason in the prescription: the prescriber is told, nobody else is asked",
    )
    def post(self, request: Request, claim: UUID) -> HttpResponse:
        body = checked(shapes.NotSupplied, request)
        by, at, token = dispenser(caller(request)), timezone.now(), claim_token(request)

        def act() -> Answer:
            order = not_supplied(claim, token, reason=body["reason"], by=by, at=at)
            told = {"claim_id": str(claim), "order": str(order.pk), "state": order.state}
            return answered(200, told, order.prescription_id)

        return sent(once(request, f"claims/{claim}/not-supplied", act, by, token))


class AmendDispenseView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="amend_dispense",
        tags=["dispensing"],
        parameters=HEADERS,
        request=shapes.DispenseRequest,
        responses={200: shapes.DispenseAnswer},
        summary="Replace the newest record by a corrected one",
    )
    def post(self, request: Request, dispense: UUID) -> HttpResponse:
        body = checked(shapes.DispenseRequest, request)
        by, at, token = dispenser(caller(request)), timezone.now(), claim_token(request)

        def act() -> Answer:
            made = amend(dispense, token, shapes.handover(body), by=by, at=at)
            return answered(200, _told(made), made.order.prescription_id)

        return sent(once(request, f"dispenses/{dispense}/amend", act, by, token))


class WithdrawDispenseView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="withdraw_dispense",
        tags=["dispensing"],
        parameters=HEADERS,
        request=shapes.Withdraw,
        responses={200: shapes.DispenseAnswer},
        summary="Take the newest record back: its quantities are there again, with the same holder",
    )
    def post(self, request: Request, dispense: UUID) -> HttpResponse:
        body = checked(shapes.Withdraw, request)
        by, at, token = dispenser(caller(request)), timezone.now(), claim_token(request)

        def act() -> Answer:
            made = withdraw(dispense, token, reason=body["reason"], by=by, at=at)
            return answered(200, _told(made), made.order.prescription_id)

        return sent(once(request, f"dispenses/{dispense}/withdraw", act, by, token))


def _told(made: Dispense) -> dict[str, Any]:
    lines = {row.line: row for row in made.order.lines.all()}
    return {
        "dispense_id": str(made.pk),
        "claim_id": str(made.claim_id),
        "order": str(made.order_id),
        "local_id": made.local_id,
        "state": made.order.state,
        "lines": made.lines,
        "remaining": supplying.shown(lines),
        "replaces": made.replaces_id and str(made.replaces_id),
        "withdrawn_at": _iso(made.withdrawn_at),
        "handed_over_at": made.handed_over_at.isoformat(),
    }


def _iso(at: Any) -> str | None:
    return None if at is None else str(at.isoformat())
