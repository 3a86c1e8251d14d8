"""A pharmacist's day without a mouse."""

from datetime import timedelta
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from rxcenter.prescriptions.models import Prescription
from rxcenter.review.models import Decision, Severity, Waiting
from tests.review import rows
from tests.review.rows import F

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
QUEUE = "/admin/review/waiting/"


def waiting(*findings, **how) -> Waiting:
    return rows.waiting(*findings, at=timezone.now() - timedelta(minutes=3), **how)


def state(row):
    return Prescription.objects.get(pk=row.pk).state


def test_take_give_reasons_approve_and_the_next_opens(desk, pia):
    first = waiting(F(), F(rule="DOS001"), unknown=("某某丸",), minutes=5)
    second = waiting(F(), minutes=9)
    page = desk(pia).open(QUEUE)
    page.keyboard.press("n")
    page.wait_for_url(f"**{first.pk}/change/")
    approve = page.locator("#rx-approve")
    expect(approve).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#rx-missing")).to_contain_text("INT001 · DOS001")
    page.keyboard.press("a")  # says what is missing and sends nothing
    assert state(first) == "in_review"
    for key in "214":
        page.keyboard.press(key)
        if key == "1":
            expect(page.locator("#card-gaps")).to_have_class("rx-card rx-card-gap rx-marked")
    expect(approve).to_have_attribute("aria-disabled", "true")  # the gap knows three answers only
    page.keyboard.press("1")
    expect(approve).not_to_have_attribute("aria-disabled", "true")
    page.keyboard.press("a")
    page.wait_for_url(f"**{second.pk}/change/")
    assert state(first) == "approved"
    made = Decision.objects.get()
    assert made.reasons == {"0": "tolerated", "1": "benefit", "gaps": "checked_by_hand"}
    page.keyboard.press("u")
    page.wait_for_url(f"**{QUEUE}")
    second.refresh_from_db()
    assert second.taken_by is None


def test_two_pharmacists(desk, pia, wei):
    row = waiting(F(Severity.CRITICAL, "two_pharmacists", rule="ALG001"))
    for person in (pia, wei):
        page = desk(person).open(QUEUE)
        page.keyboard.press("n")
        page.wait_for_url(f"**{row.pk}/change/")
        page.keyboard.press("1")
        expect(page.locator("#rx-monitoring")).to_be_focused()
        page.keyboard.type("INR 3")  # while typing, keys are letters
        page.keyboard.press("Tab")
        page.keyboard.press("a")
        page.wait_for_url(f"**{QUEUE}")
    assert state(row) == "approved"
    assert [d.final for d in Decision.objects.order_by("pk")] == [False, True]
    assert {d.monitoring for d in Decision.objects.all()} == {"INR 3"}


def test_return_with_the_rules_advice(desk, pia):
    row = waiting(F())
    page = desk(pia).open(f"{QUEUE}{row.pk}/change/")
    page.keyboard.press("t")
    expect(page.locator("#rx-approve")).to_be_visible()
    page.keyboard.press("r")
    expect(page.locator("#rx-return")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#rx-return")).not_to_be_visible()
    page.keyboard.press("r")
    page.keyboard.press("3")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**{QUEUE}")
    made = Decision.objects.get()
    assert (made.verdict, made.code, made.note) == ("return", "contraindicated", F().act_zh)
    assert state(row) == "with_prescriber"


def test_reject_with_a_note(desk, pia):
    row = waiting(F())
    page = desk(pia).open(QUEUE)
    page.keyboard.press("n")
    page.wait_for_url(f"**{row.pk}/change/")
    page.keyboard.press("d")
    page.keyboard.press("6")
    page.locator("#rx-reject-note").fill("已电话核实")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**{QUEUE}")
    assert (state(row), Decision.objects.get().note) == ("rejected", "已电话核实")


def test_moving_in_the_queue_and_opening(desk, pia):
    first, second = waiting(F(), minutes=5), waiting(F(), minutes=9)
    page = desk(pia).open(QUEUE)
    for key, row in (("j", first), ("j", second), ("k", first)):
        page.keyboard.press(key)
        expect(page.locator("tr.rx-on, tbody.rx-on")).to_contain_text(row.prescription.number)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{first.pk}/change/")
    first.refresh_from_db()
    assert first.taken_by is None  # looking is not taking


def test_help_and_switching_single_keys_off(desk, pia):
    waiting(F())
    page = desk(pia).open(QUEUE)
    page.keyboard.press("?")
    expect(page.locator("#rx-help")).to_be_visible()
    page.locator("#rx-keys-on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.wait_for_timeout(300)
    assert not Waiting.objects.exclude(taken_by=None).exists()
    page.keyboard.press("?")  # help always opens
    page.locator("#rx-keys-on").check()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.wait_for_url("**/change/")


def test_approving_is_two_keys_one_post_and_the_next_prescription(desk, pia):
    """Nothing lies between the key and the next prescription: no confirmation, no list, no second page."""
    made = [waiting(F(), minutes=n) for n in range(4)]
    page = desk(pia).open(QUEUE)
    page.keyboard.press("n")
    page.wait_for_url(f"**{made[0].pk}/change/")
    asked: list[str] = []
    page.on(
        "request", lambda r: r.is_navigation_request() and asked.append(f"{r.method} {urlsplit(r.url).path}")
    )
    for before, row in pairwise(made):
        asked.clear()
        page.keyboard.press("1")
        page.keyboard.press("a")
        page.wait_for_url(f"**{row.pk}/change/")
        page.locator("#rx-approve").wait_for()
        assert asked == [f"POST {QUEUE}{before.pk}/decide/", f"GET {QUEUE}{row.pk}/change/"]


def test_the_chief_maps_a_name_by_searching(desk, chief):
    row = waiting(unknown=("某某安神丸",))
    page = desk(chief).open(QUEUE)
    page.get_by_role("link", name="映射药名", exact=True).click()
    page.wait_for_url("**/unmapped/**")
    page.locator("#rx-q").press_sequentially("地西泮")
    page.get_by_role("checkbox", name="地西泮 diazepam").check()
    page.get_by_role("button", name="映射药名").click()
    expect(page.get_by_text("1 张处方重新审核")).to_be_visible()
    assert state(row) == "auditing"
