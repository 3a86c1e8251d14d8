"""How an event is hashed. The database function ledger_append does the same in SQL; a test compares the two."""

import hashlib
from datetime import UTC, datetime
from uuid import UUID

GENESIS = bytes(32)


def event_hash(
    prev: bytes,
    stream: str,
    seq: int,
    subject: UUID,
    subject_seq: int,
    type_: str,
    actor: str,
    at: datetime,
    body: str,
) -> bytes:
    """SHA-256 over the previous hash and length-prefixed fields; 32 bytes."""
    when = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    fields = (stream, str(seq), str(subject), str(subject_seq), type_, actor, when, body)
    text = "".join(f"{len(field.encode())}:{field}" for field in fields)
    return hashlib.sha256(prev + text.encode()).digest()


def merkle_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 tree hash (0x00 before leaves, 0x01 before nodes)."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + merkle_root(leaves[:split]) + merkle_root(leaves[split:])).digest()
