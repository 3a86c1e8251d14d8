"""Blind indexes: equal identifiers give equal keys, and a key tells nothing without the index key."""

import hashlib
import hmac
import unicodedata

from django.conf import settings


def blind(system: str, value: str) -> str:
    """`<system>:<32 hex>` for an identifier of a system (health_card, resident_id, …).

    Normalised first: NFKC, no spaces or hyphens, upper case. HMAC-SHA256 cut to 128 bits under RXCENTER_INDEX_KEY.
    """
    plain = unicodedata.normalize("NFKC", value).replace(" ", "").replace("-", "").upper()
    digest = hmac.digest(settings.INDEX_KEY, f"{system}\x00{plain}".encode(), hashlib.sha256)
    return f"{system}:{digest[:16].hex()}"
