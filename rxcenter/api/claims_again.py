"""Claims recovered after a lost answer, and claims by the dozen."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from routing import proving
from routing.bulk_claiming import to_claim
from routing.handing import claim_answer
from routing.idempotency import Answer
from routing.models import Order
from routing.quarantining import claim_or_quarantine
from routing.recovering import recover
from rxcenter.accounts.roles import Actor
from rxcenter.api import claim_acts_shapes as shapes
from rxcenter.api.authentication import caller, dispenser
from rxcenter.api.claim_answers import claimed, whole
from rxcenter.api.claims_shapes import IDEMPOTENCY_KEY, ClaimAnswer
from rxcenter.api.custody_calls import answered, as_json, checked, once, refused, sent
from rxcenter.api.problems import respond
from rxcenter.errors import Refused
from rxcenter.ledger.recording import transaction

NO_PRESCRIPTION = UUID(
    int=0
)  # the list of a bulk claim is about none in particular and holds nothing personal


class RecoverView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="recover_claim",
        tags=["dispensing"],
        request=shapes.RecoverRequest,
        responses={200: ClaimAnswer},
        examples=shapes.RECOVER_EXAMPLES,
        summary="The answer to your claim was lost: claim and token again, against number and code",
    )
    def post(self, request: Request) -> HttpResponse:
        body = checked(shapes.RecoverRequest, request)
        by, at = dispenser(caller(request)), timezone.now()
        with proving.counting(at):
            found = recover(body["prescription_no"], body["code"], by=by, at=at)
        return respond(200, claim_answer(found, by=by, at=at))


class BulkClaimView(APIView):
    """The list is fixed under the key first; each order is then claimed, and its answer stored, for itself."""

    scope = "dispense"

    @extend_schema(
        operation_id="claim_bulk",
        tags=["dispensing"],
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.BulkRequest,
        responses={200: shapes.BulkAnswer},
        examples=shapes.BULK_EXAMPLES,
        summary="Claim your oldest pending offers, up to 25; one that fails does not spoil the others",
    )
    def post(self, request: Request) -> HttpResponse:
        body = checked(shapes.BulkRequest, request)
        by, at = dispenser(caller(request)), timezone.now()

        def pick() -> Answer:
            orders, last = to_claim(by.institution or "", body["limit"], at=at)
            return answered(200, {"orders": [str(o) for o in orders], "no_more": last}, NO_PRESCRIPTION)

        picked = once(request, "claims/bulk", pick, by)
        listed = json.loads(picked.body)
        answers = {order: _claim(request, UUID(order), by, at) for order in listed["orders"]}
        return sent(Answer(200, as_json(_said(answers, listed)), NO_PRESCRIPTION, picked.replayed))


def _claim(request: Request, order: UUID, by: Actor, at: datetime) -> Answer:
    def act() -> Answer:
        try:
            with transaction():
                return claimed(claim_or_quarantine(order, by=by, at=at), by=by, at=at)
        except Refused as refusal:
            return refused(refusal, Order.objects.values_list("prescription_id", flat=True).get(pk=order))

    return once(request, f"claims/bulk/{order}", act, by, whole=whole(by, at))


def _said(answers: dict[str, Answer], listed: dict[str, Any]) -> dict[str, Any]:
    made = [json.loads(a.body) for a in answers.values() if a.status == 201]
    not_made = [{"order": o, "problem": json.loads(a.body)} for o, a in answers.items() if a.status != 201]
    return {"claims": made, "refused": not_made, "no_more": listed["no_more"]}
