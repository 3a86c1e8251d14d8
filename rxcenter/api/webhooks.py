"""An institution's webhooks: say where, rotate the secret, try it out, see what did not get through."""

from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rxcenter.accounts.roles import Actor, Role
from rxcenter.api import webhooks_shapes as shapes
from rxcenter.api.authentication import caller
from rxcenter.api.events import whole_number
from rxcenter.api.webhooks_shapes import PROBLEM
from rxcenter.errors import Invalid, Words
from rxcenter.notify import rotating
from rxcenter.notify.models import Delivery, Endpoint
from rxcenter.notify.replaying import replay
from rxcenter.notify.subscribing import change, own, subscribe, try_out

TAG = ["webhooks"]
MOST_LISTED = 100


class Webhooks(APIView):
    scope = "webhooks"

    @extend_schema(
        operation_id="webhooks_list",
        tags=TAG,
        responses={200: shapes.WebhooksShape},
        summary="One's own webhooks",
    )
    def get(self, request: Request) -> Response:
        rows = Endpoint.objects.filter(institution=caller(request).institution).order_by("created_at")
        return Response(shapes.WebhooksShape({"webhooks": rows}).data)

    @extend_schema(
        operation_id="webhooks_post",
        tags=TAG,
        summary="Be woken at an address",
        description="Tells what happens from now on; what happened before is in the feed. The secret is shown once.",
        request=shapes.SubscribeShape,
        responses={201: shapes.NewWebhookShape, 409: PROBLEM, 422: PROBLEM},
    )
    def post(self, request: Request) -> Response:
        said = _said(shapes.SubscribeShape, request)
        endpoint, secret = subscribe(
            caller(request).institution,
            said["url"],
            events=said["events"],
            note=said["note"],
            at=timezone.now(),
        )
        return _once({**shapes.WebhookShape(endpoint).data, "secret": secret}, 201)


class OneWebhook(APIView):
    scope = "webhooks"

    @extend_schema(
        tags=TAG, responses={200: shapes.WebhookShape, 404: PROBLEM}, summary="One webhook and how it is"
    )
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(shapes.WebhookShape(_own(request, pk)).data)

    @extend_schema(
        tags=TAG,
        summary="Change it, switch it off or on again",
        request=shapes.ChangeShape,
        responses={200: shapes.WebhookShape, 404: PROBLEM, 409: PROBLEM, 422: PROBLEM},
    )
    def patch(self, request: Request, pk: UUID) -> Response:
        endpoint = _own(request, pk)
        said = _said(shapes.ChangeShape, request)
        return Response(shapes.WebhookShape(change(endpoint, at=timezone.now(), **said)).data)

    @extend_schema(
        tags=TAG, responses={204: None, 404: PROBLEM}, summary="End it, with its secrets and deliveries"
    )
    def delete(self, request: Request, pk: UUID) -> HttpResponse:
        _own(request, pk).delete()
        return HttpResponse(status=204)


class Rotate(APIView):
    scope = "webhooks"

    @extend_schema(
        tags=TAG,
        summary="A new secret; the present one stays valid for some hours",
        request=shapes.RotateShape,
        responses={200: shapes.SecretShape, 404: PROBLEM, 422: PROBLEM},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        endpoint, hours, at = _own(request, pk), _said(shapes.RotateShape, request)["hours"], timezone.now()
        secret, until = rotating.rotate(endpoint, at=at, hours=hours)
        return _once({"secret": secret, "old_valid_until": until}, 200)


class Test(APIView):
    scope = "webhooks"

    @extend_schema(
        tags=TAG,
        summary="Queue a webhook.test message",
        description="It is sent once, soon, by the centre's sender, never while you wait.",
        request=None,
        responses={202: shapes.TestedShape, 404: PROBLEM},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        return Response({"delivery": try_out(_own(request, pk), at=timezone.now()).pk}, status=202)


class Deliveries(APIView):
    scope = "webhooks"

    @extend_schema(
        operation_id="webhooks_deliveries",
        tags=TAG,
        summary="What did not get through at once: waiting, given up, delivered later",
        description="Newest first. What was delivered at its first attempt is not listed: `cursor` says so.",
        parameters=[
            OpenApiParameter("state", str, enum=Delivery.State.values),
            OpenApiParameter("before", int, description="the `next` of the page before"),
        ],
        responses={200: shapes.DeliveriesShape, 404: PROBLEM, 422: PROBLEM},
    )
    def get(self, request: Request, pk: UUID) -> Response:
        rows = Delivery.objects.filter(endpoint=_own(request, pk)).order_by("-pk")
        if state := request.query_params.get("state"):
            rows = rows.filter(state=_state(state))
        if before := request.query_params.get("before"):
            rows = rows.filter(pk__lt=whole_number("before", before))
        page = list(rows[:MOST_LISTED])
        more = page[-1].pk if len(page) == MOST_LISTED else None
        return Response(shapes.DeliveriesShape({"deliveries": page, "next": more}).data)


class Replay(APIView):
    scope = "webhooks"

    @extend_schema(
        tags=TAG,
        summary="Try everything given up once more, from the first attempt",
        request=None,
        responses={200: shapes.ReplayedShape, 404: PROBLEM},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        dead = Delivery.objects.filter(endpoint=_own(request, pk), state=Delivery.State.DEAD)
        client = caller(request)
        by = Actor(Role.SYSTEM, client.key_id, client.institution)
        return Response({"replayed": replay(dead.values_list("pk", flat=True), by=by, at=timezone.now())})


def _own(request: Request, pk: UUID) -> Endpoint:
    return own(caller(request).institution, pk)


def _said(shape, request: Request) -> dict:
    body = shape(data=request.data)
    body.is_valid(raise_exception=True)
    return body.validated_data


def _state(word: str) -> str:
    if word in Delivery.State.values:
        return word
    problem = {"path": "state", "found": word[:40], "allowed": ", ".join(Delivery.State.values)}
    raise Invalid(Words("参数无效", "a parameter is not valid"), problems=[problem])


def _once(content: dict, status: int) -> Response:
    """An answer that holds a secret: no cache on the way may keep it."""
    return Response(content, status=status, headers={"Cache-Control": "no-store"})
