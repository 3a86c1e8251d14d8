"""Compiled translations are committed, so that nobody needs gettext to run the centre: they must match their sources."""

from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(path for room in ("rxcenter", "routing") for path in (ROOT / room).rglob("LC_MESSAGES/*.po"))


def faults(source: Path) -> list[str]:
    """What is wrong with one translation file: stale, fuzzy or missing entries."""
    entries = [entry for entry in polib.pofile(str(source)) if not entry.obsolete]
    compiled = source.with_suffix(".mo")
    if not compiled.exists():
        return ["is not compiled"]
    found = {key(entry): value(entry) for entry in polib.mofile(str(compiled))}
    wanted = {key(entry): value(entry) for entry in entries if entry.translated()}
    stale = ["is older than its source: run manage.py compilemessages"] if found != wanted else []
    fuzzy = [f"guessed and not confirmed: {entry.msgid!r}" for entry in entries if entry.fuzzy]
    missing = [
        f"not translated: {entry.msgid!r}" for entry in entries if not entry.translated() and not entry.fuzzy
    ]
    return stale + fuzzy + missing


def key(entry):
    return entry.msgctxt, entry.msgid, entry.msgid_plural


def value(entry):
    return entry.msgstr, tuple(entry.msgstr_plural.values())


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_translations_are_complete_and_compiled(source):
    assert not faults(source)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('msgid "queue"\nmsgstr "队列"\n', None),
        ('msgid "queue"\nmsgstr "待审"\n', "older"),
        ('msgid "queue"\nmsgstr ""\n', "not translated"),
        ('#, fuzzy\nmsgid "queue"\nmsgstr "队列"\n', "guessed"),
    ],
)
def test_the_comparison_notices_what_is_wrong(tmp_path, text, fault):
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    source = tmp_path / "django.po"
    source.write_text(header + 'msgid "queue"\nmsgstr "队列"\n')
    polib.pofile(str(source)).save_as_mofile(str(source.with_suffix(".mo")))
    source.write_text(header + text)
    assert any(fault in line for line in faults(source)) if fault else not faults(source)
