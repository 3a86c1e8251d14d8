"""One prescription's page: what it shows, what it hides, and what its buttons do."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from rxcenter.patients.models import AccessLog
from rxcenter.prescriptions.models import Prescription
from rxcenter.review.models import Decision, Severity, Waiting
from rxcenter.review.taking import take
from tests.review import rows
from tests.review.rows import F

pytestmark = pytest.mark.django_db
TWO = F(Severity.CRITICAL, "two_pharmacists", rule="ALG001")


@pytest.fixture
def desk(client, pia):
    client.force_login(pia)
    return client


def address(row: Waiting, door: str = "change") -> str:
    return f"/admin/review/waiting/{row.pk}/{door}/"


def html(client: Client, row: Waiting) -> str:
    return client.get(address(row)).content.decode()


def form(client: Client, row: Waiting, **given: str) -> dict[str, str]:
    page = html(client, row)
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    run = re.search(r'name="run" value="([^"]*)"', page)[1]
    return {"token": token, "run": run, **given}


def test_the_page_shows_findings_with_their_evidence_and_source(desk, pia):
    row = rows.waiting(F(), F(Severity.INFO, None, zh="缺少数量", rule="FRM001"), unknown=("某某丸",))
    page = html(desk, row)
    for text in (
        "华法林与布洛芬同用",
        "停布洛芬",
        "INR",
        "3.1 (2026-11-18)",
        "INT001 v1",
        "缺少数量",
        "某某丸",
        "未能审核",
    ):
        assert text in page
    for text in ("布洛芬片", "华法林钠片", "penicillin", "慢性肾脏病 3 期", "2026-11-18", "阿托伐他汀钙片"):
        assert text in page
    assert 'name="reason-0"' not in page  # nobody decides what they do not hold
    take(row.pk, by=pia, at=timezone.now())
    page = html(desk, row)
    assert page.count('name="reason-0"') == 9
    assert 'name="reason-gaps"' in page
    assert 'name="reason-1"' not in page


def test_it_shows_the_persons_prescriptions_from_all_institutions(desk):
    now = timezone.now()
    day = lambda days: (now - timedelta(days=days)).isoformat()  # noqa: E731
    rows.posted("C0014", [rows.item(1, "螺内酯片", 20)], card="HC7", issued_at=day(20))
    rows.posted("C0014", [rows.item(1, "很久以前片", 20)], card="HC7", issued_at=day(120))
    rows.posted("C0014", [rows.item(1, "他人之药片", 20)], card="HC8", issued_at=day(20))
    page = html(desk, rows.waiting(F(), card="HC7", at=now, issued_at=now.isoformat()))
    assert "螺内酯片" in page
    assert "西夏区社区卫生服务中心" in page
    assert "很久以前片" not in page
    assert "他人之药片" not in page


def test_names_are_masked_until_a_purpose_is_given_and_written_down(desk, pia):
    row = rows.waiting(F())
    assert "张建国" not in html(desk, row)
    refused = desk.post(address(row, "reveal"), {"purpose": ""})
    assert refused.status_code == 422
    assert "张建国" not in refused.content.decode()
    assert not AccessLog.objects.exists()
    shown = desk.post(address(row, "reveal"), {"purpose": "call"})
    assert "张建国" in shown.content.decode()
    assert "13912345678" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    log = AccessLog.objects.get()
    assert (log.actor, log.prescription, log.institution, log.fields) == (
        "pia",
        row.pk,
        "H0007",
        "name,phone",
    )
    assert log.purpose
    assert "张建国" not in html(desk, row)


def test_take_approve_and_the_next_one_opens(desk, pia):
    first, second = rows.waiting(F(), minutes=1), rows.waiting(F(), minutes=2)
    desk.post(address(first, "take"))
    answer = desk.post(
        address(first, "decide"), form(desk, first, verdict="approve", **{"reason-0": "benefit"})
    )
    assert answer["Location"] == address(second)
    assert Prescription.objects.get(pk=first.pk).state == "approved"
    second.refresh_from_db()
    assert second.taken_by == pia


def test_a_refused_decision_comes_back_with_what_was_entered_and_why(desk, pia):
    row = rows.waiting(F(), F(rule="DOS001"))
    take(row.pk, by=pia, at=timezone.now())
    given = form(desk, row, verdict="approve", **{"reason-0": "tolerated"})
    answer = desk.post(address(row, "decide"), given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "DOS001" in re.search(r"请为以下各项选择理由:([^<]+)<", page)[1]
    assert re.search(r'value="tolerated"[^>]* checked', page)
    assert not Decision.objects.exists()


def test_return_offers_the_rules_advice_and_sends_what_the_pharmacist_wrote(desk, pia):
    row = rows.waiting(F())
    take(row.pk, by=pia, at=timezone.now())
    assert re.search(r"<textarea[^>]*>停布洛芬,改对乙酰氨基酚 0.5 g q6h</textarea>", html(desk, row))
    desk.post(address(row, "decide"), form(desk, row, verdict="return", code="interaction", note="请改药"))
    made = Decision.objects.get()
    assert (made.verdict, made.code, made.note) == ("return", "interaction", "请改药")


def test_the_second_pharmacist_does_not_see_the_first_decision(desk, pia, wei, client):
    row = rows.waiting(TWO)
    take(row.pk, by=wei, at=timezone.now())
    second = Client()
    second.force_login(wei)
    given = form(second, row, verdict="approve", monitoring="首诊说明乙", **{"reason-0": "benefit"})
    second.post(address(row, "decide"), given)
    page = html(desk, row)
    assert "您是第二名药师" in page
    assert "首诊说明乙" not in page
    assert "首诊说明乙" in html(second, row)  # its own maker sees it
    take(row.pk, by=pia, at=timezone.now())
    given = form(desk, row, verdict="approve", monitoring="INR", **{"reason-0": "benefit"})
    desk.post(address(row, "decide"), given)
    assert "首诊说明乙" in html(desk, row)
    assert Prescription.objects.get(pk=row.pk).state == "approved"


def test_what_no_pharmacist_can_release_has_no_approve_button(desk, pia):
    row = rows.waiting(F(Severity.CRITICAL, "double_sign", rule="HRB001"))
    take(row.pk, by=pia, at=timezone.now())
    page = html(desk, row)
    assert 'value="approve"' not in page
    assert "HRB001" in page
    refused = desk.post(address(row, "decide"), form(desk, row, verdict="approve", **{"reason-0": "benefit"}))
    assert refused.status_code == 403


def test_asking_for_a_second_pharmacist(desk, pia):
    row = rows.waiting(F())
    take(row.pk, by=pia, at=timezone.now())
    desk.post(address(row, "decide"), form(desk, row, verdict="second", **{"reason-0": "benefit"}))
    assert Decision.objects.get().final is False
    assert Prescription.objects.get(pk=row.pk).state == "in_review"


def test_release_gives_it_back(desk, pia):
    row = rows.waiting(F())
    take(row.pk, by=pia, at=timezone.now())
    assert desk.post(address(row, "release"))["Location"] == "/admin/review/waiting/"
    row.refresh_from_db()
    assert row.taken_by is None


def test_buttons_are_posts_with_a_token_only(pia):
    row = rows.waiting(F())
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(pia)
    for door in ("take", "release", "decide", "reveal"):
        assert strict.get(address(row, door)).status_code == 405
        assert strict.post(address(row, door)).status_code == 403


@pytest.mark.parametrize(
    "given",
    [{}, {"token": "x"}, {"token": str(uuid4()), "run": "x"}, {"token": str(uuid4()), "verdict": "pass"}],
)
def test_nonsense_is_not_found(desk, given):
    assert desk.post(address(rows.waiting(F()), "decide"), given).status_code == 404


def test_the_engines_failure_is_shown_as_nothing_checked(desk):
    row = rows.waiting(why=Waiting.Why.ENGINE)
    Waiting.objects.filter(pk=row.pk).update(run=None)
    assert "所有项目均未审核" in html(desk, row)


def test_a_decided_prescription_is_still_readable(desk, pia):
    row = rows.waiting(F())
    take(row.pk, by=pia, at=timezone.now())
    desk.post(address(row, "decide"), form(desk, row, verdict="reject", code="unlawful"))
    page = html(desk, row)
    assert "违反法规" in page
    assert 'data-key="a"' not in page
