"""POST /api/v1/prescriptions: the hot path. Check shape, call one verb, answer after its commit."""

from typing import Any

from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from audit_rules import document as rx
from rxcenter.accounts.keys import Client
from rxcenter.api import problems
from rxcenter.api.authentication import client_of
from rxcenter.api.grouping import GroupCommit
from rxcenter.api.permissions import require
from rxcenter.errors import Refused
from rxcenter.prescriptions.receiving import Posted, Receipt, prepare, store

MOST = 100


def _store(rows: Any) -> list[Receipt]:
    """Once more after a lost connection: storing twice is storing once (natural key)."""
    try:
        return store(rows)
    except OperationalError:
        connection.close()
        return store(rows)


_group = GroupCommit(_store)


def post(request: HttpRequest) -> HttpResponse:
    """One document → 201 (stored), 200 (stored before), or a problem. A list → 200 with one result each."""
    client = authenticated(request, "prescriptions")
    raw = json_body(request)
    if raw.lstrip(b" \t\r\n").startswith(b"["):
        return _post_list(raw, client)
    row = prepare(Posted(rx.parse(raw), raw, client), at=timezone.now())
    receipt = _group.submit(row) if settings.GROUP_COMMIT else _store([row])[0]
    if receipt.refusal is not None:
        raise receipt.refusal
    response = problems.respond(201 if receipt.created else 200, answer(receipt))
    response["Location"] = f"/api/v1/prescriptions/{receipt.id}"
    if not receipt.created:
        response["Idempotent-Replayed"] = "true"
    return response


def _post_list(raw: bytes, client: Client) -> HttpResponse:
    """A bad document refuses itself only; all good ones share one transaction."""
    at = timezone.now()
    results: list[dict[str, Any] | None] = []
    rows: list[dict[str, Any]] = []
    for piece in rx.pieces(raw, limit=MOST):
        try:
            document = rx.parse(piece)
            rows.append(prepare(Posted(document, piece, client), at=at))
            results.append(None)
        except rx.Refused as unreadable:
            results.append(problems.of_document(unreadable))
        except Refused as refused:
            results.append(_refusal(refused, document.number))
    receipts = iter(_store(rows) if rows else [])
    return problems.respond(200, {"results": [_result(next(receipts)) if r is None else r for r in results]})


def _result(receipt: Receipt) -> dict[str, Any]:
    if receipt.refusal is not None:
        return _refusal(receipt.refusal, receipt.number)
    return {"status": 201 if receipt.created else 200, **answer(receipt)}


def _refusal(refused: Refused, number: str) -> dict[str, Any]:
    return problems.body(refused.status, refused.slug, refused.words, **{"number": number, **refused.extra})


def answer(receipt: Receipt) -> dict[str, Any]:
    """What the placer learns of a stored document."""
    return {
        "id": str(receipt.id),
        "number": receipt.number,
        "revision": receipt.revision,
        "state": receipt.state,
        "created": receipt.created,
    }


def authenticated(request: HttpRequest, scope: str) -> Client:
    """The client of a plain view; raises the DRF errors that problems.py knows."""
    from rest_framework.exceptions import AuthenticationFailed

    client = client_of(request)
    if client is None:
        raise AuthenticationFailed
    require(client, scope)
    return client


def json_body(request: HttpRequest) -> bytes:
    """The raw bytes of a JSON request; raises UnsupportedMediaType for other or compressed content."""
    from rest_framework.exceptions import UnsupportedMediaType

    kind = request.content_type or ""
    if request.META.get("HTTP_CONTENT_ENCODING") or "json" not in kind:
        raise UnsupportedMediaType(kind)
    return request.body
