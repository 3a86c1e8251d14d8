"""Operators replay what was given up without a mouse; the pages have no accessibility fault."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from rxcenter.accounts.roles import Role
from rxcenter.notify.models import Delivery, Endpoint
from rxcenter.notify.subscribing import subscribe
from tests import people
from tests.review import rows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LETTERS = "/admin/notify/delivery/"


@pytest.fixture
def olga(transactional_db):
    return rows.staff("olga", Role.OPERATOR, first_name="奥尔加")


@pytest.fixture
def letter(transactional_db):
    """A dead letter of a receiver that is out of reach."""
    north = people.north()
    endpoint, _ = subscribe(north.code, "https://his.example.org/hook", at=timezone.now())
    Endpoint.objects.update(failures=9, down_since=timezone.now(), last_error="http_503")
    tries = [{"at": timezone.now().isoformat(), "status": 503, "reason": "http_503", "ms": 12}] * 8
    return Delivery.objects.create(
        endpoint=endpoint, seq=1, subject="0193a3c2-5a00-7000-8000-000000000001", version=1, type="order.offered",
        at=timezone.now(), state=Delivery.State.DEAD, attempts=8, tries=tries,
    )  # fmt: skip


def tab_to(page, target, most=80):
    """Press Tab until the element has the focus, as somebody without a mouse does."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("e => e === document.activeElement"):
            return
    pytest.fail("not reached by Tab")


def test_a_dead_letter_is_replayed_by_keyboard(desk, olga, letter):
    page = desk(olga).open(f"{LETTERS}?state=dead")
    expect(page.locator("#result_list")).to_contain_text("order.offered #1")
    tab_to(page, page.locator("input.action-select").first)
    page.keyboard.press("Space")
    choice = page.locator("select[name=action]").first
    choice.focus()
    page.keyboard.press("ArrowDown")
    expect(choice).to_have_value("replay")
    tab_to(page, page.locator("button[name=index]").first)
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 项投递将重新尝试")).to_be_visible()
    letter.refresh_from_db()
    assert (letter.state, letter.attempts) == ("pending", 0)
    assert letter.tries[-1]["by"] == "operator:olga"


@pytest.mark.parametrize(("language", "theme", "width"), [("zh-hans", "light", 1440), ("en", "dark", 390)])
def test_the_pages_are_accessible_and_nothing_sticks_out(desk, olga, letter, language, theme, width):
    looking = desk(olga, language=language, theme=theme, width=width)
    faults = []
    pages = {
        "letters": LETTERS,
        "letter": f"{LETTERS}{letter.pk}/change/",
        "webhooks": "/admin/notify/endpoint/",
        "webhook": f"/admin/notify/endpoint/{letter.endpoint_id}/change/",
        "subscribing": "/admin/notify/endpoint/add/",
        "approving": "/admin/notify/approvednetwork/add/",
    }
    for name, path in pages.items():
        page = looking.open(path)
        looking.shoot(name)
        faults += [f"{name}: {fault}" for fault in looking.faults()]
        wide = page.evaluate("document.documentElement.scrollWidth")
        faults += [f"{name}: {wide} px wide on a screen of {width}"] if wide > width else []
    assert not faults, "\n".join(faults)


def test_new_secrets_are_shown_on_an_accessible_page(desk, olga, letter):
    looking = desk(olga, language="en")
    page = looking.open("/admin/notify/endpoint/")
    page.locator("input.action-select").first.check()
    page.locator("select[name=action]").first.select_option("rotate")
    page.locator("button[name=index]").first.click()
    expect(page.locator("code")).to_contain_text("whsec_")
    looking.shoot("secrets")
    assert not looking.faults()
