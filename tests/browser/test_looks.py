"""Every page in light and dark, Chinese and English, wide and narrow: no accessibility fault, nothing cut off."""

from datetime import timedelta

import pytest
from django.utils import timezone

from rxcenter.accounts.roles import Role
from rxcenter.review.models import Severity, Waiting
from rxcenter.review.taking import take
from tests.review import rows
from tests.review.rows import F

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ALLERGY = F(
    Severity.CRITICAL, "two_pharmacists", "ALG001", (1,), "患者登记青霉素过敏(过敏性休克),开具阿莫西林",
    "allergic to penicillin (anaphylaxis): amoxicillin prescribed", "改用阿奇霉素 0.5 g qd 3 天,或咨询医师",
    "azithromycin 0.5 g daily for 3 days instead, or ask the prescriber", "allergy", ("amoxicillin",),
    {"allergy": "penicillin · anaphylaxis (2026-11-18)"},
)  # fmt: skip
RENAL = F(
    rule="REN001", lines=(2,), zh="eGFR 38:二甲双胍日剂量 2.0 g 超过上限 1.0 g", category="renal", drugs=("metformin",),
    en="eGFR 38: metformin 2.0 g a day is above the limit of 1.0 g", act_zh="减量至 0.5 g bid,复查肾功能",
    act_en="reduce to 0.5 g bid and check renal function", evidence={"egfr": "38 (2026-11-18)", "maximum": "1000 mg"},
)  # fmt: skip
OLD = F(Severity.MODERATE, None, "GER003", (1,), "79 岁:抗胆碱能负荷偏高", "age 79: anticholinergic load is high",
        "评估获益", "weigh the benefit", "geriatric", ("chlorphenamine",), {"age": "79"})  # fmt: skip
NOTE = F(
    Severity.INFO, None, "FRM004", (1,), "缺少数量", "no quantity", category="form", drugs=(), evidence={}
)
DRUGS = [
    rows.item(1, "阿莫西林胶囊", 500),
    rows.item(2, "盐酸二甲双胍缓释片", 1000, frequency="bid", days=28),
]
WAYS = [
    ("zh-hans", "light", 1440), ("zh-hans", "dark", 1440), ("en", "light", 1440), ("en", "dark", 1440),
    ("zh-hans", "light", 390), ("zh-hans", "dark", 390), ("en", "light", 390), ("en", "dark", 390),
]  # fmt: skip
QUEUE = "/admin/review/waiting/"


@pytest.fixture
def queue(transactional_db):
    """A queue with one of everything; the first is the richest."""
    now = timezone.now()
    worst = rows.waiting(ALLERGY, RENAL, OLD, NOTE, unknown=("速效救心丸 40丸/瓶",), items=[
        *DRUGS, rows.item(3, "速效救心丸 40丸/瓶", 5)], at=now - timedelta(minutes=12), card="HC1")  # fmt: skip
    rows.waiting(
        F(), RENAL, at=now - timedelta(minutes=20), chips=["emergency", "aged"], code="C0014", card="HC1"
    )
    rows.waiting(F(), at=now - timedelta(minutes=11))
    rows.waiting(F(Severity.CRITICAL, "nobody"), stopped=True, at=now)
    for n in range(3):
        rows.waiting(unknown=("复方丹参滴丸(新包装)",), at=now - timedelta(minutes=n))
        rows.waiting(why=Waiting.Why.POLICY, at=now)
    rows.waiting(gaps=("weight_missing",), chips=["child"], at=now)
    return worst


@pytest.mark.parametrize("language,theme,width", WAYS)
def test_the_desk_is_accessible_and_nothing_sticks_out(desk, chief, queue, language, theme, width):
    take(queue.pk, by=chief, at=timezone.now())
    looking = desk(chief, language=language, theme=theme, width=width)
    faults = []
    pages = {
        "workbench": "/admin/",
        "queue": QUEUE,
        "prescription": f"{QUEUE}{queue.pk}/change/",
        "unmapped": "/admin/review/localname/unmapped/?name=复方丹参滴丸(新包装)&q=丹参",
    }
    for name, path in pages.items():
        page = looking.open(path)
        looking.shoot(name)
        faults += [f"{name}: {fault}" for fault in looking.faults()]
        wide = page.evaluate("document.documentElement.scrollWidth")
        faults += [f"{name}: {wide} px wide on a screen of {width}"] if wide > width else []
        if name == "prescription":
            page.keyboard.press("r")
            looking.shoot("return")
            faults += [f"return: {fault}" for fault in looking.faults()]
    assert not faults, "\n".join(faults)


def test_the_worst_finding_is_seen_without_scrolling(desk, chief, queue):
    take(queue.pk, by=chief, at=timezone.now())
    looking = desk(chief)
    looking.page.set_viewport_size({"width": 1366, "height": 768})
    page = looking.open(f"{QUEUE}{queue.pk}/change/")
    box = page.locator("#card-0 .rx-message").bounding_box()
    bar = page.locator(".rx-bar-bottom").bounding_box()
    assert box["y"] + box["height"] < bar["y"]


def test_the_themes_own_parts_work_under_the_strict_policy(desk, chief, queue):
    """The sidebar, the command palette, the filters, the person's menu: all of them are Alpine's."""
    looking = desk(chief)
    page = looking.open(QUEUE)
    page.locator("a", has_text="筛选").first.click()
    page.get_by_text("系统未能判断").wait_for(state="visible")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.locator("#search-input-command").wait_for(state="visible")
    page.locator("#search-input-command").fill("通过")
    page.keyboard.press("End")
    page.locator("#command-results a").first.wait_for(state="visible")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+e")
    page.keyboard.press("Control+e")  # from the system's theme to light, then to dark
    page.locator("html.dark").wait_for()
    page.get_by_text("主任").last.click()
    page.get_by_text("English").click()
    page.get_by_text("Take the next one").wait_for()
    page.get_by_text("dock_to_right").first.click()
    page.get_by_text("Workbench").first.wait_for(state="hidden")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_other_pages_are_accessible(desk, transactional_db, theme):
    operator = rows.staff("ops", Role.OPERATOR)
    looking = desk(operator, theme=theme)
    faults = []
    for path in ("", "accounts/institution/add/", "accounts/user/", "accounts/user/add/", "accounts/clientkey/",
                 "otp_totp/totpdevice/add/", "patients/accesslog/", "patients/mergecandidate/"):  # fmt: skip
        looking.open(f"/admin/{path}")
        faults += [f"{path}: {fault}" for fault in looking.faults()]
    looking.context.clear_cookies(name="sessionid")
    looking.open("/admin/login/")
    looking.shoot("login")
    faults += looking.faults()
    assert not faults, "\n".join(faults)
