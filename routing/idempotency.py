"""One key, one effect: the answer of a claim, return or dispense is stored in the transaction of its effect."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from routing.models import IdempotencyKey
from routing.refusals import InProgress, KeyRequired, KeyReused
from rxcenter.accounts.roles import Actor
from rxcenter.errors import Words
from rxcenter.ledger.recording import transaction
from rxcenter.patients.revealing import reveal
from rxcenter.patients.sealing import seal

TABLE = "idempotency"
LONGEST = 255
KEPT = timedelta(days=7)
TIDY_EVERY, TIDIED = 16, 80  # about one new answer in sixteen takes up to eighty outdated ones away


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: whose (institution code), which route, its Idempotency-Key, SHA-256 of what was sent."""

    client: str
    route: str
    key: str
    request_hash: str

    def row(self) -> UUID:
        """The same id for the same key: binds the sealed answer to its place, and names the lock."""
        digest = hashlib.sha256(f"{self.client}\x00{self.route}\x00{self.key}".encode()).digest()
        return UUID(bytes=digest[:16])


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back, byte for byte. `replayed`: it was stored by an earlier request with the same key.

    `kept` is what is stored instead of `body`, where that holds what may not be shown for ever.
    """

    status: int
    body: str
    prescription: UUID
    replayed: bool = False
    kept: str | None = None


def asked(client: str, route: str, key: str | None, sent: bytes) -> Asked:
    """Raises KeyRequired without a usable key."""
    if not key or len(key) > LONGEST or not key.isprintable():
        words = Words(
            "须带 Idempotency-Key 请求头(每次操作一个新的 UUID,重试时不变)",
            "send the header Idempotency-Key: a new UUID for each action, the same one for its retries",
        )
        raise KeyRequired(words)
    return Asked(client, route, key, hashlib.sha256(sent).hexdigest())


def once(
    request: Asked,
    act: Callable[[], Answer],
    *,
    by: Actor,
    at: datetime,
    whole: Callable[[str], str] = str,
) -> Answer:
    """Run `act` and store its answer, or give the stored one. A refusal stores nothing: its retry is judged anew.

    `whole` makes the body of a replay out of what was kept.
    Raises InProgress while another request with this key runs, KeyReused when the key came with other content.
    """
    with transaction():
        if not _locked(request.row()):
            raise InProgress(Words("同一请求正在处理,请稍后重试", "a request with this key is still running"))
        stored = IdempotencyKey.objects.filter(
            client=request.client, route=request.route, key=request.key
        ).first()
        if stored is not None:
            kept = _replay(stored, request, by, at)
            return replace(kept, body=whole(kept.body))
        answer = act()
        _store(request, answer, at)
        return answer


def _replay(stored: IdempotencyKey, request: Asked, by: Actor, at: datetime) -> Answer:
    if stored.request_hash != request.request_hash:
        words = Words(
            "该 Idempotency-Key 已用于内容不同的请求", "this Idempotency-Key was used for another request"
        )
        raise KeyReused(words, first_seen=stored.created_at.isoformat())
    shown = reveal(
        bytes(stored.body_sealed),
        table=TABLE,
        row=request.row(),
        institution=request.client,
        by=by,
        purpose="the stored answer again",
        at=at,
        prescription=stored.prescription,
    )
    return Answer(stored.status, shown["answer"], stored.prescription, replayed=True)


def _store(request: Asked, answer: Answer, at: datetime) -> None:
    sealed = seal(
        {"answer": answer.body if answer.kept is None else answer.kept},
        table=TABLE,
        row=request.row(),
        institution=request.client,
        epoch=at.strftime("%Y-%m"),
    )
    IdempotencyKey.objects.create(
        client=request.client,
        route=request.route,
        key=request.key,
        request_hash=request.request_hash,
        prescription=answer.prescription,
        status=answer.status,
        body_sealed=sealed,
        created_at=at,
    )
    if tidies(request):
        _forget(at)


def tidies(request: Asked) -> bool:
    """Whether this new answer is one that takes outdated ones away."""
    return request.row().bytes[-1] % TIDY_EVERY == 0


def _forget(at: datetime) -> None:
    """Takes some outdated answers away: nobody can ask for them any more."""
    old = IdempotencyKey.objects.select_for_update(skip_locked=True).filter(created_at__lt=at - KEPT)
    IdempotencyKey.objects.filter(
        pk__in=list(old.order_by("created_at").values_list("pk", flat=True)[:TIDIED])
    ).delete()


def _locked(row: UUID) -> bool:
    """A lock that ends with the transaction; not waited for, so that two retries never queue behind each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(row.bytes[:8], "big", signed=True)]
        )
        return bool(cursor.fetchone()[0])
