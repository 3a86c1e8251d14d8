"""Machine clients' keys: `rxk_<id>_<secret>`. Issue, check, rotate, revoke."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from time import monotonic
from typing import NamedTuple

from rxcenter.accounts.models import ClientKey, Institution

FRESH_SECONDS = (
    5.0  # how long a checked key is trusted without asking the database: a revocation bites within this
)


class Client(NamedTuple):
    """Who a key speaks for, with the register data that intake stamps into documents."""

    key_id: str
    institution: str
    kind: str
    type: str
    level: str
    scopes: frozenset[str]


_checked: dict[bytes, tuple[float, Client]] = {}


def issue(
    institution: Institution, scopes: list[str], *, at: datetime, label: str = "", days: int | None = None
) -> str:
    """Make a key and return it once, in clear: it cannot be read again."""
    key_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    ClientKey.objects.create(
        id=key_id,
        institution=institution,
        label=label,
        secret_hash=hashlib.sha256(secret.encode()).digest(),
        scopes=sorted(scopes),
        created_at=at,
        expires_at=at + timedelta(days=days) if days else None,
    )
    return f"rxk_{key_id}_{secret}"


def revoke(key_id: str, *, at: datetime) -> bool:
    """End a key; False when there is no such live key."""
    _checked.clear()
    return ClientKey.objects.filter(pk=key_id, revoked_at=None).update(revoked_at=at) == 1


def check(bearer: str, *, at: datetime) -> Client | None:
    """The client a key belongs to, or None. Constant-time comparison; asks the database at most every 5 s a key."""
    digest = hashlib.sha256(bearer.encode("utf-8", "replace")).digest()
    known = _checked.get(digest)
    if known and monotonic() - known[0] < FRESH_SECONDS:
        return known[1]
    client = _look_up(bearer, at)
    if client is None:
        _checked.pop(digest, None)
        return None
    if len(_checked) > 10_000:
        _checked.clear()
    _checked[digest] = (monotonic(), client)
    return client


def forget() -> None:
    """Drop what this process remembers of checked keys."""
    _checked.clear()


def _look_up(bearer: str, at: datetime) -> Client | None:
    prefix, _, rest = bearer.partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != "rxk" or not secret:
        return None
    key = ClientKey.objects.select_related("institution").filter(pk=key_id, institution__active=True).first()
    if key is None or key.revoked_at or (key.expires_at and key.expires_at <= at):
        return None
    if not hmac.compare_digest(bytes(key.secret_hash), hashlib.sha256(secret.encode()).digest()):
        return None
    place = key.institution
    return Client(key.pk, place.code, place.kind, place.type, place.level, frozenset(key.scopes))
