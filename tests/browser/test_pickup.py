"""The pickup page in a real browser: by keyboard, without script, in both languages and themes; axe; one printed page."""

import pytest
from django.utils import timezone

from routing.models import Dispenser
from tests import people
from tests.browser.conftest import AXE_SCRIPT, SCREENSHOTS, WCAG
from tests.routing import road
from tests.routing.road import TO_OAK

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def order(transactional_db):
    north = people.north()
    road.dispenser(north)
    road.dispenser(people.oak(), in_pool=True)
    road.pharmacy("P0002", in_pool=True)
    Dispenser.objects.update(
        hours={d: [["08:00", "21:30"]] for d in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    )
    return road.routed(north, at=timezone.now(), routing=TO_OAK, patient__phone="13912345678")


def faults(page):
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("(tags) => axe.run(document, {runOnly: tags})", WCAG)
    return [f"{v['id']}: {node['html'][:200]}" for v in found["violations"] for node in v["nodes"]]


def typed(page, order):
    """Number and code, by keyboard."""
    page.focus("#number")
    page.keyboard.type(order.prescription.number)
    page.keyboard.press("Tab")
    page.keyboard.type(road.code_of(order))
    page.keyboard.press("Enter")
    page.wait_for_url("**/pickup/status")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_from_the_code_to_another_pharmacy_by_keyboard(chromium, live_server, order, language, theme, width):
    context = chromium.new_context(viewport={"width": width, "height": 844}, color_scheme=theme)
    context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
    page, errors = context.new_page(), []
    page.on("console", lambda m: errors.append(m.text) if m.type in ("error", "warning") else None)
    mark = f"pickup-{language}-{theme}-{width}"
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def seen(name):
        assert faults(page) == []
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, "the page scrolls sideways"
        page.screenshot(path=SCREENSHOTS / f"{mark}-{name}.png", full_page=True)

    page.goto(live_server.url + "/pickup/")
    seen("enter")
    typed(page, order)
    assert page.evaluate("getComputedStyle(document.body).fontSize") == "18px"
    seen("status")
    page.focus("#last_four")
    page.keyboard.type("5678")
    page.keyboard.press("Enter")
    page.wait_for_selector(".lines")
    seen("known")
    if width == 1440 and theme == "light":
        printed = page.pdf(format="A4")
        assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") == 1 or b"/Count 1" in printed
    page.click("a.button")
    page.wait_for_url("**/choose/**")
    seen("choose")
    page.focus("form:has(input[value=P0002]) button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/pickup/status")
    assert road.asked(order)[-1] == ("P0002", "pending")
    page.goto(live_server.url + "/pickup/cancel")
    seen("cancel")
    assert errors == []
    context.close()


def test_it_needs_no_script(chromium, live_server, order):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url + "/pickup/")
    page.fill("#number", order.prescription.number)
    page.fill("#code", road.code_of(order))
    page.keyboard.press("Enter")
    page.wait_for_url("**/pickup/status")
    assert page.locator("svg.qr").count() == 1
    context.close()
