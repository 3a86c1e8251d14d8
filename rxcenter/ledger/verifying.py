"""Proves that no event was changed, removed or slipped in, and signs where the streams stand."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum

from rxcenter.ledger.chain import GENESIS, event_hash, merkle_root
from rxcenter.ledger.models import Checkpoint, Event, StreamHead
from rxcenter.ledger.recording import canonical


def faults() -> Iterator[str]:
    """Every break of a chain, one sentence each; nothing when the ledger is whole."""
    heads = {h.stream: h for h in StreamHead.objects.all()}
    stream, seq, last = None, 0, GENESIS
    for event in Event.objects.order_by("stream", "seq").iterator(chunk_size=2000):
        if event.stream != stream:
            if stream is not None:
                yield from _against_head(stream, seq, last, heads.pop(stream, None))
            stream, seq, last = event.stream, 0, GENESIS
        yield from _link(event, seq, last)
        seq, last = event.seq, bytes(event.hash)
    if stream is not None:
        yield from _against_head(stream, seq, last, heads.pop(stream, None))
    yield from (
        f"{h.stream}: the head stands at {h.seq}, its events are gone" for h in heads.values() if h.seq
    )
    yield from _subject_gaps()


def _link(event: Event, seq: int, last: bytes) -> Iterator[str]:
    where = f"{event.stream}#{event.seq}"
    if event.seq != seq + 1:
        yield f"{where}: follows #{seq}: a gap"
    if bytes(event.prev_hash) != last:
        yield f"{where}: does not continue the event before it"
    expected = event_hash(
        bytes(event.prev_hash), event.stream, event.seq, event.subject, event.subject_seq, event.type, event.actor,
        event.at, event.body,
    )  # fmt: skip
    if bytes(event.hash) != expected:
        yield f"{where}: its content does not match its hash"


def _against_head(stream: str, seq: int, last: bytes, head: StreamHead | None) -> Iterator[str]:
    if head is None or head.seq != seq or bytes(head.hash) != last:
        yield f"{stream}: ends at #{seq}, the head says #{head.seq if head else '-'}: events are missing at the end"


def _subject_gaps() -> Iterator[str]:
    subject, seq = None, 0
    rows = Event.objects.filter(primary=True).order_by("subject", "subject_seq")
    for this, number in rows.values_list("subject", "subject_seq").iterator(chunk_size=5000):
        if this != subject:
            subject, seq = this, 0
        if number != seq + 1:
            yield f"prescription {this}: event {number} follows {seq}"
        seq = number


def checkpoint_chain_faults() -> Iterator[str]:
    """All stored checkpoints against this centre's own key, each naming the one before it, and the ledger of today."""
    ours = Ed25519PrivateKey.from_private_bytes(settings.LEDGER_KEY).public_key().public_bytes_raw()
    prev = GENESIS
    for checkpoint in Checkpoint.objects.order_by("pk").iterator():
        if bytes(checkpoint.prev) != prev:
            yield f"checkpoint of {checkpoint.at:%Y-%m-%d %H:%M}: the one before it is gone or changed"
        yield from checkpoint_faults(as_dict(checkpoint), trusted_key=ours)
        prev = hashlib.sha256(bytes(checkpoint.signature)).digest()


def sign_if_changed(*, at: datetime) -> Checkpoint | None:
    """Sign a checkpoint unless nothing has happened since the last one."""
    last = Checkpoint.objects.order_by("-pk").values_list("events", flat=True).first()
    events = StreamHead.objects.aggregate(n=Sum("seq"))["n"] or 0
    return sign_checkpoint(at=at) if events != (last or 0) else None


def sign_checkpoint(*, at: datetime) -> Checkpoint:
    """Write a signed statement of all heads; each names the one before it."""
    with transaction.atomic():
        with connection.cursor() as cursor:  # one signer at a time, so that each names the one before it
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('rxcenter checkpoint'))")
        rows = list(StreamHead.objects.order_by("stream"))
        heads = {h.stream: [h.seq, bytes(h.hash).hex()] for h in rows}
        before = Checkpoint.objects.order_by("-pk").first()
        prev = hashlib.sha256(bytes(before.signature)).digest() if before else GENESIS
        root = merkle_root([canonical({s: v}).encode() for s, v in heads.items()])
        key = Ed25519PrivateKey.from_private_bytes(settings.LEDGER_KEY)
        events = sum(h.seq for h in rows)
        return Checkpoint.objects.create(
            at=at,
            events=events,
            root=root,
            heads=heads,
            prev=prev,
            signature=key.sign(_statement(at, events, root, prev)),
            public_key=key.public_key().public_bytes_raw(),
        )


def checkpoint_faults(checkpoint: dict[str, Any], *, trusted_key: bytes | None = None) -> Iterator[str]:
    """Compare a checkpoint (as exported by `verify_ledger --export`) with its signature and the ledger of today."""
    key = trusted_key or bytes.fromhex(checkpoint["public_key"])
    root, prev = bytes.fromhex(checkpoint["root"]), bytes.fromhex(checkpoint["prev"])
    at = datetime.fromisoformat(checkpoint["at"])
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(
            bytes.fromhex(checkpoint["signature"]), _statement(at, checkpoint["events"], root, prev)
        )
    except InvalidSignature:
        yield "checkpoint: the signature is not ours"
    if merkle_root([canonical({s: v}).encode() for s, v in sorted(checkpoint["heads"].items())]) != root:
        yield "checkpoint: its heads do not match its root"
    for stream, (seq, hash_) in checkpoint["heads"].items():
        if seq and not Event.objects.filter(stream=stream, seq=seq, hash=bytes.fromhex(hash_)).exists():
            yield f"{stream}#{seq}: was there at the checkpoint and is gone or changed"


def as_dict(checkpoint: Checkpoint) -> dict[str, Any]:
    names = ("root", "prev", "signature", "public_key")
    return {
        "at": checkpoint.at.isoformat(),
        "events": checkpoint.events,
        "heads": checkpoint.heads,
        **{name: bytes(getattr(checkpoint, name)).hex() for name in names},
    }


def _statement(at: datetime, events: int, root: bytes, prev: bytes) -> bytes:
    return f"rxcenter checkpoint\n{at.isoformat()}\n{events}\n{root.hex()}\n{prev.hex()}\n".encode()
