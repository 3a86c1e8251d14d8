"""Blind indexes: equal identifiers give equal keys, and a key tells nothing without the index key."""

import hashlib
import hmac
import unicodedata

from django.conf import settings

# What people and systems write where they have no identifier, without punctuation. It names nobody.
PLACEHOLDERS = frozenset([
    "NA", "NAN", "NIL", "NO", "NON", "NONE", "NULL", "UNDEFINED", "UNKNOWN", "UNK", "ANONYMOUS", "TEST", "TBD",
    "无", "无号", "无卡", "无证", "暂无", "没有", "未知", "不详", "不明", "未提供", "未填", "未填写", "未办", "未办理",
    "未录入", "空", "空白", "匿名", "保密", "测试", "其他", "无名氏", "1234567890", "123456789012345678",
])  # fmt: skip
SHORTEST_REPEAT = 3  # 111 and XXXX are fillers; 7 or 11 may be a number


def blind(system: str, value: str) -> str:
    """`<system>:<32 hex>` for an identifier of a system (health_card, resident_id, …).

    Normalised first: NFKC, no spaces or hyphens, upper case. HMAC-SHA256 cut to 128 bits under RXCENTER_INDEX_KEY.
    """
    digest = hmac.digest(settings.INDEX_KEY, f"{system}\x00{_plain(value)}".encode(), hashlib.sha256)
    return f"{system}:{digest[:16].hex()}"


def names_somebody(value: str) -> bool:
    """Whether an identifier can tell a person apart: not blank, not a placeholder, not one character repeated."""
    said = "".join(filter(str.isalnum, _plain(value)))
    if said in PLACEHOLDERS or not said.strip("0"):
        return False
    return len(said) < SHORTEST_REPEAT or len(set(said)) > 1


def _plain(value: str) -> str:
    return unicodedata.normalize("NFKC", value).replace(" ", "").replace("-", "").upper()
