"""Chromium and a Chinese font for the tests that look at pages."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from rxcenter.devstack import system_packages
from rxcenter.devstack.launching import DevstackError

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLAYWRIGHT_PLACES = (".cache/ms-playwright/chromium-*/chrome-linux*/chrome",)
FONT_PLACES = ("/usr/share/fonts", "/usr/local/share/fonts")
VARIABLE = "RXCENTER_CHROMIUM"


def find_chromium() -> str | None:
    """Path of a Chromium that answers; RXCENTER_CHROMIUM first. Ubuntu's snap stub does not count."""
    candidates = [os.environ.get(VARIABLE, ""), *(shutil.which(name) or "" for name in PROGRAMS)]
    for pattern in PLAYWRIGHT_PLACES:
        candidates += sorted(map(str, Path.home().glob(pattern)), reverse=True)
    return next((path for path in candidates if path and answers(path)), None)


def answers(program: str) -> bool:
    """Whether the program starts and tells a version."""
    try:
        return subprocess.run([program, "--version"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def has_chinese_font() -> bool:
    """Whether a font with Chinese characters is installed."""
    if shutil.which("fc-list"):
        listed = subprocess.run(["fc-list", ":lang=zh-cn", "file"], capture_output=True, text=True)
        return bool(listed.stdout.strip())
    return any(next(Path(place).rglob("*CJK*"), None) for place in FONT_PLACES if Path(place).is_dir())


def ensure() -> str:
    """Path of a Chromium, installed with a font as root when missing; raises DevstackError with the line to run."""
    packages = [] if find_chromium() else ["chromium"]
    packages += [] if has_chinese_font() else ["fonts-noto-cjk"]
    system_packages.need(
        packages, "The browser tests need Chromium and a Chinese font (or pass --no-browser)."
    )
    found = find_chromium()
    if not found:
        from_playwright = ".venv/bin/playwright install --with-deps chromium"
        raise DevstackError(
            f"apt-get brought no Chromium that runs (Ubuntu's package is only a snap). Run as root: {from_playwright}\n"
            f"or set {VARIABLE} to a Chromium, or pass --no-browser."
        )
    return found
