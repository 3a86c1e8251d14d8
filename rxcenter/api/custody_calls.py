"""What the doors of custody share: shape checked, one key one effect, the claim's token, the stored answer sent."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from routing.idempotency import Answer, asked
from routing.idempotency import once as one_effect
from rxcenter.accounts.roles import Actor
from rxcenter.api import problems
from rxcenter.api.shapes import Strict
from rxcenter.errors import Refused

JSON, PROBLEM = "application/json", "application/problem+json"


def checked(shape: type[Strict], request: Request) -> dict[str, Any]:
    """The body in its shape. Raises DRF's ValidationError."""
    request.body  # noqa: B018  kept by Django before the parser drains the stream: the key is bound to these bytes
    found = shape(data=request.data)
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)


def once(
    request: Request,
    route: str,
    act: Callable[[], Answer],
    by: Actor,
    token: str = "",
    whole: Callable[[str], str] = str,
) -> Answer:
    """Run `act` once for the request's Idempotency-Key; the key is bound to route, body and claim token."""
    key = request.headers.get("Idempotency-Key")
    sent = request.body + b"\x00" + token.encode()
    return one_effect(
        asked(request.auth.institution, route, key, sent), act, by=by, at=timezone.now(), whole=whole
    )


def claim_token(request: Request) -> str:
    """The header Claim-Token; empty (and thereby wrong) when it is missing."""
    return request.headers.get("Claim-Token", "")


def answered(status: int, content: dict[str, Any], prescription: UUID) -> Answer:
    """An answer to be stored; `prescription` is what the access log names when it is read again."""
    return Answer(status, as_json(content), prescription)


def refused(refusal: Refused, prescription: UUID) -> Answer:
    """A refusal that is stored and answered like a result: where its transaction must not be taken back."""
    problem = problems.body(refusal.status, refusal.slug, refusal.words, **refusal.extra)
    return answered(refusal.status, problem, prescription)


def as_json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def sent(answer: Answer) -> HttpResponse:
    """The answer byte for byte; a replay says so."""
    kind = JSON if answer.status < 400 else PROBLEM
    response = HttpResponse(answer.body.encode(), status=answer.status, content_type=kind)
    response["Cache-Control"] = "no-store"
    if answer.replayed:
        response["Idempotent-Replayed"] = "true"
    return response
