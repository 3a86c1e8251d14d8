"""A day at the dispensers' counter without a mouse: scan, claim, hand over; part of it owed; decline; every look of it."""

from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from routing.cancelling import cancel_orders
from routing.claiming import claim
from routing.models import Claim, Dispense, Dispenser, Offer
from routing.readying import ready
from rxcenter.accounts.roles import Role
from rxcenter.ledger.recording import transaction
from rxcenter.prescriptions.lifecycle import lock
from tests import people
from tests.review import rows
from tests.routing import acts, road
from tests.routing.road import POOL, TO_OAK, holder

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
COUNTER = "/admin/routing/claim/"
WAYS = [
    ("zh-hans", "light", 1440), ("zh-hans", "dark", 1440), ("en", "light", 1440), ("en", "dark", 1440),
    ("zh-hans", "light", 390), ("zh-hans", "dark", 390), ("en", "light", 390), ("en", "dark", 390),
]  # fmt: skip
ALLERGY = [{"substance": "青霉素", "reaction": "过敏性休克", "severity": "severe"}]


@pytest.fixture
def places(transactional_db):
    north, oak = people.north(), people.oak()
    road.dispenser(north)
    road.dispenser(oak, in_pool=True, delivers=True)
    road.pharmacy("P0002", in_pool=True)
    Dispenser.objects.update(
        hours={d: [["00:00", "23:59"]] for d in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    )
    return north, oak


@pytest.fixture
def ou(places):
    return rows.staff("ou", Role.DISPENSER, "P0001", first_name="欧")


def scan(page, order, code=None):
    """As a scanner types: fast, a capital R first, Enter at the end."""
    for key in f"RX1;{order.prescription.number};{code or road.code_of(order)}":
        page.keyboard.press(key)
    page.keyboard.press("Enter")


def made(north, routing=TO_OAK, *quantities, **changes):
    return road.routed(
        north, at=timezone.now(), routing=routing, items=acts.items(*(quantities or (7,))),
        patient__phone="13912345678", **changes,
    )  # fmt: skip


def test_scan_claim_hand_over_done(desk, ou, places):
    order = made(places[0], POOL, 7, 14)
    page = desk(ou).open(COUNTER)
    expect(page.locator("#rc-scan")).to_be_focused()
    scan(page, order)
    page.wait_for_url("**/change/")
    expect(page.locator(".rc-ok")).to_be_visible()
    expect(page.locator("#rc-pharmacist")).to_be_focused()
    page.keyboard.type("YS0331")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**{COUNTER}")
    expect(page.locator("#rc-scan")).to_be_focused()
    assert road.state(order) == "completed"
    record = Dispense.objects.get()
    assert (record.pharmacist, record.proof["code"]) == ("YS0331", True)
    # the next patient: the pharmacist is known by now, so the scan and one decision are enough
    second = made(places[0], POOL, 7)
    page.keyboard.press("Escape")
    scan(page, second)  # wherever the focus is, a scan finds its field
    page.wait_for_url("**/change/")
    scan(page, second)  # a nervous finger scans twice: nothing goes out
    page.wait_for_timeout(300)
    assert road.state(second) == "claimed"
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**{COUNTER}")
    assert road.state(second) == "completed"


def test_part_of_it_with_batch_and_trace_codes_the_rest_is_owed(desk, ou, places):
    order = made(places[0], TO_OAK, 20)
    claim(order.pk, by=holder(places[1]), at=timezone.now())
    page = desk(ou).open(COUNTER)
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")  # the first line is marked
    page.wait_for_url("**/change/")
    expect(page.locator("#rc-code")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    expect(page.locator(".rx-top .rc-preparing")).to_be_visible()
    page.locator("#qty-0").focus()
    page.locator("#qty-0").select_text()
    page.keyboard.type("12")
    expect(page.locator("#rest-0")).to_have_value("owed")
    page.keyboard.press("Enter")
    page.keyboard.type("A240611")
    page.keyboard.press("Enter")
    for box in ("81010000000000000001", "81010000000000000002"):
        page.keyboard.type(box)
        page.keyboard.press("Enter")
    expect(page.locator("#trace-0")).to_be_focused()
    page.locator("#rc-code").focus()
    page.keyboard.type(road.code_of(order))
    page.locator("#rc-pharmacist").focus()
    page.keyboard.type("YS1")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{COUNTER}")
    expect(page.locator("section[aria-labelledby=rc-owed]")).to_contain_text("× 8 片")
    [record] = Dispense.objects.get().lines
    assert (record["quantity"], record["batch"], record["owed"]) == ("12", "A240611", True)
    assert record["trace_code"] == "81010000000000000001 81010000000000000002"


def test_another_batch_of_the_same_line(desk, ou, places):
    order = made(places[0], TO_OAK, 20)
    mine = claim(order.pk, by=holder(places[1]), at=timezone.now()).claim
    page = desk(ou).open(f"{COUNTER}{mine.pk}/change/")
    page.locator("#qty-0").fill("12")
    page.locator("[data-more]").press("Enter")
    expect(page.locator("#qty-1")).to_be_focused()
    page.keyboard.type("8")
    expect(page.locator("#rest-0")).to_have_value("")
    page.locator("#rc-override").select_option("identity_checked")
    page.locator("#rc-pharmacist").fill("YS1")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**{COUNTER}")
    assert [part["quantity"] for part in Dispense.objects.get().lines] == ["12", "8"]


def test_declining_the_second_offer(desk, ou, places):
    first, second = made(places[0], acts.BOTH), made(places[0], acts.BOTH)
    page = desk(ou).open(COUNTER)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator("li.rx-on")).to_contain_text(second.prescription.number)
    page.keyboard.press("d")
    expect(page.locator("#rc-decline")).to_contain_text(second.prescription.number)
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("已谢绝")).to_be_visible()
    assert road.asked(second) == [("P0001", "declined"), ("P0002", "pending")]
    assert road.asked(first) == [("P0001", "pending")]
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    page.keyboard.press("2")
    page.keyboard.press("Control+Enter")
    expect(page.locator(f"#offer-{Offer.objects.get(order=first).pk}")).to_contain_text("当日")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.wait_for_url("**/change/")
    assert Claim.objects.get().order_id == first.pk


def test_giving_one_line_back(desk, ou, places):
    order = made(places[0], acts.BOTH, 7, 14)
    mine = claim(order.pk, by=holder(places[1]), at=timezone.now()).claim
    page = desk(ou).open(f"{COUNTER}{mine.pk}/change/")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.locator("#rc-return input[name=lines][value='1']").press("Space")
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**{COUNTER}")
    assert acts.lines_of(order) == [1]
    assert road.state(order) == "claimed"


@pytest.fixture
def busy(places):
    """A counter with one of everything; the richest claim."""
    north, oak = places
    now, by = timezone.now(), holder(oak)
    for n in range(4):
        made(north, acts.BOTH if n else TO_OAK, *range(7, 10 + n))
    asked = made(north, acts.BOTH, 7, 14)
    asked = claim(asked.pk, by=by, at=now).claim
    with transaction():
        row = lock([asked.order.prescription_id])[asked.order.prescription_id]
        cancel_orders(row, reason="prescribing_error", by=road.placer(north), at=now)
    waiting = claim(made(north, TO_OAK, 28).pk, by=by, at=now)
    ready(waiting.claim.pk, waiting.token, by=by, at=now)
    part = claim(made(north, TO_OAK, 30, 10).pk, by=by, at=now)
    acts.give(part, oak, acts.Supplied(1, Decimal(12), owed=True), acts.Supplied(2), at=now)
    rich = claim(made(north, TO_OAK, 56, 21, None, patient__allergies=ALLERGY).pk, by=by, at=now).claim
    return rich, asked


@pytest.mark.parametrize("language,theme,width", WAYS)
def test_the_counter_is_accessible_and_nothing_sticks_out(desk, ou, busy, language, theme, width):
    rich, asked = busy
    looking = desk(ou, language=language, theme=theme, width=width)
    faults = []

    def look(name):
        looking.shoot(f"counter-{name}")
        faults.extend(f"{name}: {fault}" for fault in looking.faults())
        wide = looking.page.evaluate("document.documentElement.scrollWidth")
        faults.extend([f"{name}: {wide} px wide on a screen of {width}"] if wide > width else [])

    page = looking.open(COUNTER)
    look("lists")
    page.locator("#rc-scan").fill("H0001-1 123 456 789")
    page.locator("#rc-scan").press("Enter")
    page.wait_for_selector(".rc-error")
    look("refused")
    page = looking.open(f"{COUNTER}{rich.pk}/change/")
    look("claim")
    page.locator("#qty-0").fill("99")
    page.locator("#rc-override").select_option("representative")
    page.locator("#rc-pharmacist").fill("YS1")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#qty-0-said")
    look("over-supply")
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("r")
    page.wait_for_selector("#rc-return[open]")
    look("return")
    page = looking.open(f"{COUNTER}{asked.pk}/change/")
    look("cancel")
    assert not faults, "\n".join(faults)
    # what is refused says so with its status, and the browser remarks on it
    looking.errors[:] = [e for e in looking.errors if "status of 4" not in e]
