"""The event feed: the truth for integrators. What is not confirmed comes back."""

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rxcenter.api import shapes
from rxcenter.api.authentication import caller
from rxcenter.api.webhooks_shapes import PROBLEM, AckedShape, AckShape
from rxcenter.errors import Invalid, Words
from rxcenter.ledger.feed import MOST, events_after
from rxcenter.notify.acknowledging import acknowledge, position


def whole_number(name: str, text: str) -> int:
    """A query parameter in plain digits; raises Invalid naming it. `²` and `٣` are digits to Python, not to us."""
    if text.isascii() and text.isdigit() and len(text) <= 15:
        return int(text)
    problem = {"path": name, "found": text[:40], "allowed": "a whole number ≥ 0"}
    raise Invalid(Words("参数无效", "a parameter is not valid"), problems=[problem])


class Events(APIView):
    scope = "events"

    @extend_schema(
        summary="One's own event feed, complete and in order",
        description="Without `after` it begins behind the last event confirmed at `events/ack`, so that what is not "
        "confirmed comes back; with `after` it begins there and the confirmations play no part.",
        parameters=[
            OpenApiParameter(
                "after", int, description="a seq; 0 for the beginning; without it: the last one confirmed"
            ),
            OpenApiParameter("limit", int, description=f"at most {MOST} (default 100)"),
        ],
        responses={200: shapes.FeedShape},
    )
    def get(self, request: Request) -> HttpResponse:
        stream, said = caller(request).institution, request.query_params
        limit = whole_number("limit", said.get("limit", "100"))
        after = whole_number("after", said["after"]) if "after" in said else position(stream)
        events = events_after(stream, after, limit)
        return Response({"events": events, "next": events[-1]["seq"] if events else after})


class Acknowledge(APIView):
    scope = "events"

    @extend_schema(
        operation_id="events_ack",
        summary="Confirm the feed up to a seq",
        description="One position an institution; it never moves back. Confirm after your own commit.",
        request=AckShape,
        responses={200: AckedShape, 422: PROBLEM},
    )
    def post(self, request: Request) -> Response:
        body = AckShape(data=request.data)
        body.is_valid(raise_exception=True)
        stood = acknowledge(caller(request).institution, body.validated_data["after"], at=timezone.now())
        return Response({"after": stood})
