"""Dispensers tell patients how far it is: statuses of orders and lines, in batches."""

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from routing.idempotency import Answer
from routing.tracking import MOST, REASONS, REPORTED, Update, track
from rxcenter.api.authentication import caller, dispenser
from rxcenter.api.claims_shapes import IDEMPOTENCY_KEY, OffsetTime, example
from rxcenter.api.custody_calls import answered, checked, once, sent
from rxcenter.api.shapes import ProblemShape, Strict

PROBLEM = OpenApiResponse(ProblemShape, description="application/problem+json")


class TrackingLine(Strict):
    claim = serializers.UUIDField()
    update_id = serializers.CharField(
        max_length=64, help_text="the dispenser's own; the same one is stored once"
    )
    status = serializers.ChoiceField([s.value for s in REPORTED])
    occurred_at = OffsetTime(help_text="the latest one counts, whenever it arrives; at most a day ahead")
    line = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    reason = serializers.ChoiceField(list(REASONS), required=False, default="", allow_blank=True)
    expected_at = OffsetTime(required=False, allow_null=True)


class TrackingBatch(Strict):
    updates = TrackingLine(many=True, min_length=1, max_length=MOST)


class Tracked(serializers.Serializer):
    stored = serializers.IntegerField()


BATCH = example(
    "ready",
    {
        "updates": [
            {
                "claim": "0193b1d2-7c4a-7000-8000-000000000002",
                "update_id": "P0012-77",
                "status": "ready",
                "occurred_at": "2026-11-21T10:05:00+08:00",
            }
        ]
    },
)


class TrackingView(APIView):
    scope = "dispense"

    @extend_schema(
        operation_id="track",
        tags=["dispensing"],
        parameters=[IDEMPOTENCY_KEY],
        request=TrackingBatch,
        responses={201: Tracked, 409: PROBLEM, 422: PROBLEM},
        examples=[BATCH],
        summary="Tell patients how far it is; all entries are stored or none, and custody never moves",
    )
    def post(self, request: Request) -> HttpResponse:
        body = checked(TrackingBatch, request)
        by, at = dispenser(caller(request)), timezone.now()

        def act() -> Answer:
            rows = track([Update(**line) for line in body["updates"]], by=by, at=at)
            return answered(201, {"stored": len(rows)}, rows[0].order.prescription_id)

        return sent(once(request, "tracking-updates", act, by))
