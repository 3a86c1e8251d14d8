"""Refusals as `application/problem+json` (RFC 9457), in one place."""

import logging
from typing import Any

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.views import set_rollback

from audit_rules.document import Refused as DocumentRefused
from rxcenter.errors import Invalid, Refused, Words

log = logging.getLogger(__name__)

TITLES = {
    400: Words("请求无法读取", "the request cannot be read"),
    401: Words("需要有效的密钥", "a valid key is needed: Authorization: Bearer rxk_…"),
    403: Words("不允许", "not allowed"),
    404: Words("没有这个对象,或不属于本机构", "no such object, or it is not yours"),
    405: Words("不支持此方法", "this method is not supported here"),
    413: Words("内容过大", "the body is too large"),
    415: Words("内容类型不支持", "send Content-Type: application/json, not compressed"),
    422: Words("内容不符合要求", "the content breaks the contract"),
    500: Words("本中心出错,请重试", "the centre failed; try again"),
    503: Words("暂时不可用,请稍后重试", "not available now; try again later"),
}


def problem(status: int, slug: str, words: Words | None = None, **extra: Any) -> HttpResponse:
    """One problem document. `messages` carries zh and en; `detail` is the English one for logs and tools."""
    return respond(status, body(status, slug, words, **extra), "application/problem+json")


def body(status: int, slug: str, words: Words | None = None, **extra: Any) -> dict[str, Any]:
    """The members of a problem document as a dict (the bulk endpoint puts several into one answer)."""
    words = words or TITLES.get(status, TITLES[400])
    return {
        "type": f"/problems/{slug}",
        "title": slug.replace("-", " "),
        "status": status,
        "detail": words.en,
        "messages": {"zh": words.zh, "en": words.en},
        **extra,
    }


def respond(status: int, content: Any, content_type: str = "application/json") -> HttpResponse:
    """JSON out; nothing of it may be stored by caches on the way."""
    response = HttpResponse(msgspec.json.encode(content), status=status, content_type=content_type)
    response["Cache-Control"] = "no-store"
    return response


def of_document(refused: DocumentRefused) -> dict[str, Any]:
    """A refused document: every problem with its JSON path, what was found and what is allowed."""
    count = len(refused.problems)
    words = Words(
        f"处方文档有 {count} 处问题,未存储", f"the document has {count} problems and was not stored"
    )
    listed = [p.to_dict() for p in refused.problems]
    return body(422, "invalid-document", words, number=refused.number, problems=listed)


def from_exception(error: Exception) -> HttpResponse:
    """The answer to anything raised below the API's doors."""
    if isinstance(error, Refused):
        response = problem(error.status, error.slug, error.words, **error.extra)
        for name, value in getattr(error, "headers", {}).items():
            response[name] = value
        return response
    if isinstance(error, DocumentRefused):
        content = of_document(error)
        return respond(content["status"], content, "application/problem+json")
    if isinstance(error, Http404):
        return problem(404, "not-found")
    if isinstance(error, RequestDataTooBig):
        return problem(413, "too-large")
    if isinstance(error, exceptions.APIException):
        return _from_drf(error)
    if isinstance(error, RecursionError):  # a body of a hundred thousand brackets, met by DRF's JSON parser
        return problem(400, "unreadable")
    if isinstance(error, OperationalError):
        log.exception("the database did not answer")
        response = problem(503, "unavailable")
        response["Retry-After"] = "5"
        return response
    log.exception("unexpected")
    return problem(500, "server-error")


def _from_drf(error: exceptions.APIException) -> HttpResponse:
    if isinstance(error, exceptions.ValidationError):
        words = TITLES[422]
        return problem(422, Invalid.slug, words, problems=_paths("$", error.detail))
    slug = {401: "unauthenticated", 403: "forbidden", 405: "method-not-allowed"}.get(
        error.status_code, "unreadable"
    )
    response = problem(error.status_code, slug)
    if error.status_code == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def _paths(path: str, detail: Any) -> list[dict[str, Any]]:
    """DRF's nested errors as a flat list of paths and messages."""
    if isinstance(detail, dict):
        return [p for key, value in detail.items() for p in _paths(f"{path}.{key}", value)]
    if isinstance(detail, list):
        return [p for value in detail for p in _paths(path, value)]
    return [{"path": path, "message": {"zh": str(detail), "en": str(detail)}}]


def handler(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """DRF's exception handler."""
    set_rollback()
    return from_exception(error)
