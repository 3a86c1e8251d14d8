"""A real Chromium before a real server: signed in, watched for script errors, checked by axe."""

import os
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import sync_playwright

from rxcenter.accounts.roles import Role
from rxcenter.devstack.browser import find_chromium
from tests.review import rows

# Playwright's loop runs in this thread, and Django would take the tests' own queries for asynchronous ones.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
SCREENSHOTS = Path(__file__).resolve().parents[2] / "var" / "screenshots"
AXE_SCRIPT = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")  # axe-core from npm, MPL-2.0
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="session")
def chromium():
    found = find_chromium()
    assert found, "no Chromium: scripts/test says how to get one"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


class Desk:
    """One person's browser. `errors` collects what scripts, the content policy and the network complain about."""

    def __init__(self, chromium, server, user, *, language="zh-hans", theme="light", width=1440):
        self.server, self.errors = server, []
        self.context = chromium.new_context(
            viewport={"width": width, "height": 900 if width > 600 else 844}, color_scheme=theme
        )
        client = Client()
        client.force_login(user)
        cookies = {"sessionid": client.cookies["sessionid"].value, "django_language": language}
        self.context.add_cookies([{"name": k, "value": v, "url": server.url} for k, v in cookies.items()])
        self.page = self.context.new_page()
        self.page.on(
            "console", lambda m: self.errors.append(m.text) if m.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.mark = f"{language}-{theme}-{width}"

    def open(self, path):
        self.page.goto(self.server.url + path)
        self.page.wait_for_load_state("networkidle")
        return self.page

    def faults(self):
        """What axe finds, one line each."""
        self.page.evaluate(AXE_SCRIPT)
        found = self.page.evaluate("(tags) => axe.run(document, {runOnly: tags})", WCAG)
        return [f"{v['id']}: {node['html'][:200]}" for v in found["violations"] for node in v["nodes"]]

    def shoot(self, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}-{self.mark}.png")


@pytest.fixture
def desk(chromium, live_server):
    """Makes browsers; each must end without a complaint of the page."""
    made = []

    def new(user, **how):
        made.append(Desk(chromium, live_server, user, **how))
        return made[-1]

    yield new
    complaints = [text for one in made for text in one.errors]
    for one in made:
        one.context.close()
    assert not complaints


@pytest.fixture
def pia(transactional_db):
    return rows.staff("pia", first_name="皮亚")


@pytest.fixture
def wei(transactional_db):
    return rows.staff("wei", first_name="魏")


@pytest.fixture
def chief(transactional_db):
    return rows.staff("chief", Role.CHIEF, first_name="主任")
