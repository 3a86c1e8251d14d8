"""FRM010."""

import re
from collections.abc import Iterator
from functools import lru_cache

from audit_rules.case import Case
from audit_rules.items import Item
from audit_rules.lines import Lines
from audit_rules.memo import per_lines
from audit_rules.report import Hit, Release, Severity, Text
from audit_rules.rule import rule

VAGUE = re.compile(
    "(?:遵|按|依|听|见|谨遵)医嘱|医嘱服用|自用|(?:按|照|见|详见|参照)说明(?:书)?|酌情|随意|同前|照旧"
    "|as directed|as instructed|as before|see leaflet|ut dict|for own use",
    re.IGNORECASE,
)


@rule(
    id="FRM010",
    title=Text("用法含糊", "vague usage"),
    category="form",
    severity=Severity.CRITICAL,
    release=Release.RESUBMIT,
    sources=("cn-prescription-2007", "cn-comment-2010"),
    refs=("CN-NRM-009",),
    when=lambda case: case.herbal is not None or _some(case),
)
def vague_usage(case: Case) -> Iterator[Hit]:
    """Frequency, instructions or the usage of a decoction say "as directed" (遵医嘱), "own use" (自用) or the like.

    Why it matters: the law forbids it: nobody who reads it later knows what was meant.
    What to do: write how much, how often and how long.
    """
    usage = (case.herbal.usage if case.herbal else None) or ""
    found: list[tuple[int, str]] = []
    for item in case.items:
        found.extend((item.line, word) for word in (*_vague(item), *_words(usage)))
    if found:
        words = ", ".join(dict.fromkeys(word for _, word in found))
        yield Hit(
            lines=tuple(line for line, _ in found),
            drugs=(),
            message=Text(f"用法含糊: {words}", f"vague usage: {words}"),
            action=Text("写明具体用量、频次与疗程。", "Write how much, how often and how long."),
            evidence={"text": words, "article": "处方管理办法 §6(四)"},
        )


def _some(case: Case) -> bool:
    return _some_vague(case)


@per_lines
def _some_vague(lines: Lines) -> bool:
    return any(map(_vague, lines.items))


def _vague(item: Item) -> tuple[str, ...]:
    unread = item.raw.frequency if item.frequency is None else None  # one that is understood is not vague
    return _words(unread or "") + _words(item.instructions or "")


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in VAGUE.findall(text))
