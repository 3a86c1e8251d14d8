"""What a webhook says: ids and codes, nothing personal or clinical; and how it is signed (Standard Webhooks 1.0)."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

PREFIX = "whsec_"
TEST = "webhook.test"


class Message(NamedTuple):
    """One event for one endpoint. `delivery` is its row where it has one."""

    endpoint: UUID
    seq: int | None  # None: a test
    subject: UUID
    version: int
    type: str
    at: datetime
    delivery: int | None = None

    @property
    def id(self) -> str:
        """The same at every attempt and replay, so that a receiver knows a repetition."""
        which = f"t{self.subject.hex}" if self.seq is None else str(self.seq)
        return f"evt_{self.endpoint.hex}_{which}"

    def body(self) -> bytes:
        """{type, timestamp, data: {resource, id, version, seq}}: the same bytes at every attempt."""
        data = {
            "resource": "webhook" if self.type == TEST else "prescription",
            "id": str(self.endpoint if self.type == TEST else self.subject),
            "version": self.version,
            "seq": self.seq,
        }
        said = {"type": self.type, "timestamp": self.at.isoformat(), "data": data}
        return msgspec.json.encode(said)


def headers(id_: str, body: bytes, keys: Sequence[bytes], at: datetime) -> dict[str, str]:
    """The three headers; one signature a key, the current one's first."""
    seconds = int(at.timestamp())
    signed = f"{id_}.{seconds}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys)
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
