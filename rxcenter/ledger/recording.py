"""One transaction, its events appended last. Every verb that changes a state runs inside `transaction()`."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db import transaction as database

_pending: ContextVar[list[dict[str, Any]] | None] = ContextVar("ledger_pending", default=None)


@contextmanager
def transaction() -> Iterator[None]:
    """A database transaction whose recorded events are appended just before it commits.

    Stream heads are locked there, last and in sorted order, so that locks stay short and cannot deadlock.
    Nested use joins the outer one (with a savepoint: an inner failure takes its events back).
    """
    outer = _pending.get()
    if outer is not None:
        mark = len(outer)
        try:
            with database.atomic():
                yield
        except BaseException:
            del outer[mark:]
            raise
        return
    token = _pending.set([])
    try:
        with database.atomic():
            yield
            _append(_pending.get() or [])
    finally:
        _pending.reset(token)


@contextmanager
def joined() -> Iterator[None]:
    """The open `transaction()`, or a new one where none is open.

    Unlike a nested `transaction()` it costs no savepoint: a failure inside is a failure of the whole, so whoever
    catches it must have opened a `transaction()` of its own around this.
    """
    if active():
        yield
        return
    with transaction():
        yield


def record(
    type_: str,
    *,
    subject: UUID,
    streams: list[str],
    actor: str,
    at: datetime,
    body: dict[str, Any] | None = None,
) -> None:
    """Note one event for the end of the transaction.

    `streams`: the placer's code first (the primary record), then every dispenser it concerns. `body` holds ids and
    codes only. Raises RuntimeError outside `transaction()`: an event without its change would be a lie.
    """
    pending = _pending.get()
    if pending is None:
        raise RuntimeError("record() needs ledger.recording.transaction()")
    primary = len(pending)
    for stream in dict.fromkeys(streams):
        pending.append(
            entry(len(pending), primary, stream, type_, subject=subject, actor=actor, at=at, body=body)
        )


def entry(
    ord_: int,
    of: int,
    stream: str,
    type_: str,
    *,
    subject: UUID,
    actor: str,
    at: datetime,
    body: dict[str, Any] | None,
) -> dict[str, Any]:
    """One row for the database function ledger_append (see migrations/functions.sql)."""
    return {
        "ord": ord_,
        "of": of,
        "stream": stream,
        "subject": str(subject),
        "type": type_,
        "actor": actor,
        "at": at.isoformat(),
        "body": canonical(body or {}),
    }


def active() -> bool:
    """Whether a `transaction()` is open in this thread."""
    return _pending.get() is not None


def adopt(entries: Iterable[dict[str, Any]]) -> None:
    """Add primary entries made by `entry()` to the open transaction."""
    pending = _pending.get()
    if pending is None:
        raise RuntimeError("adopt() needs ledger.recording.transaction()")
    for made in entries:
        pending.append({**made, "ord": len(pending), "of": len(pending)})


def canonical(body: dict[str, Any]) -> str:
    """Sorted keys, no spaces: the same facts give the same bytes."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _append(entries: list[dict[str, Any]]) -> None:
    if entries:
        with connection.cursor() as cursor:
            cursor.execute("SELECT ledger_append(%s::json)", [json.dumps(entries, ensure_ascii=False)])
