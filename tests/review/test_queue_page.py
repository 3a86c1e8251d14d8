"""The queue's page: order, tabs, folded gaps, scopes, and few questions to the database."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from rxcenter.accounts.roles import Role
from rxcenter.review.deciding import Answer, decide
from rxcenter.review.models import Severity, Waiting
from rxcenter.review.taking import take
from tests.review import rows
from tests.review.rows import F

pytestmark = pytest.mark.django_db
QUEUE = "/admin/review/waiting/"


@pytest.fixture
def page(client, pia):
    client.force_login(pia)
    return lambda query="": client.get(QUEUE + query).content.decode()


def numbers(html: str) -> list[str]:
    return re.findall(r'class="rx-open"[^>]*>([^<]+)<', html)


def number(row: Waiting) -> str:
    return row.prescription.number


def test_the_worst_stand_first_and_policy_cases_last(page):
    now = timezone.now()
    policy = rows.waiting(why=Waiting.Why.POLICY, at=now - timedelta(hours=1))
    gap = rows.waiting(gaps=("weight_missing",), at=now)
    major = rows.waiting(F(), at=now)
    critical = rows.waiting(F(Severity.CRITICAL, "two_pharmacists"), at=now)
    html = page()
    assert numbers(html) == [number(w) for w in (critical, major, gap, policy)]
    assert "张*" in html
    assert "张建国" not in html
    assert "华法林与布洛芬同用" in html
    assert "危急" in html


def test_english_pages_show_the_english_texts(client, page):
    rows.waiting(F())
    client.cookies["django_language"] = "en"
    html = page()
    assert "warfarin with ibuprofen" in html
    assert "华法林与布洛芬" not in html


def test_equal_gaps_are_one_line_with_their_number_and_a_link_to_map_the_name(page):
    same = [rows.waiting(unknown=("某某丸",), minutes=n) for n in (5, 6, 7)]
    other = rows.waiting(unknown=("他他片",), minutes=9)
    html = page()
    assert numbers(html) == [number(same[0]), number(other)]
    assert "同类 3 张" in html
    assert "/localname/unmapped/?name=" in html
    assert numbers(page("?tab=waiting&group=某某丸")) == [number(w) for w in same]


@pytest.mark.parametrize("many", [2, 12])
def test_the_page_asks_the_database_a_fixed_number_of_questions(page, django_assert_num_queries, many):
    for n in range(many):
        rows.waiting(F(), minutes=n)
        rows.waiting(unknown=(f"药{n % 3}",), minutes=n)
    page()  # the first page of a process reads the catalogue
    with django_assert_num_queries(12):
        page()


def test_tabs_show_what_they_say(page, pia, wei):
    now = timezone.now()
    mine, late = rows.waiting(F(), at=now), rows.waiting(F(), at=now - timedelta(hours=1))
    stopped = rows.waiting(F(Severity.CRITICAL, "nobody"), stopped=True, at=now)
    two = rows.waiting(F(Severity.CRITICAL, "two_pharmacists"), at=now)
    take(mine.pk, by=pia, at=now)
    take(two.pk, by=wei, at=now)
    first = Answer(
        verdict="approve", run=two.run_id, token=two.pk, reasons={"0": "benefit"}, monitoring="INR"
    )
    decide(two.pk, first, by=wei, at=now)
    done = rows.waiting(F(), at=now)
    take(done.pk, by=wei, at=now)
    decide(done.pk, Answer(verdict="reject", run=done.run_id, token=done.pk, code="unsafe"), by=wei, at=now)
    assert numbers(page("?tab=mine")) == [number(mine)]
    assert numbers(page("?tab=second")) == [number(two)]
    assert numbers(page("?tab=prescriber")) == [number(stopped)]
    assert numbers(page("?tab=overdue")) == [number(late)]
    assert set(numbers(page("?tab=waiting"))) == {number(w) for w in (mine, late, two)}
    assert set(numbers(page("?tab=all"))) == {number(w) for w in (mine, late, stopped, two, done)}
    assert numbers(page(f"?tab=all&q={number(done)}")) == [number(done)]


def test_a_hospitals_pharmacist_sees_its_own_queue(client, person):
    own, theirs = rows.waiting(F(), code="H0007"), rows.waiting(F(), code="C0014")
    client.force_login(person("local", at="H0007"))
    assert numbers(client.get(QUEUE).content.decode()) == [number(own)]
    assert client.get(f"{QUEUE}{theirs.pk}/change/").status_code == 404
    assert client.get(f"{QUEUE}{own.pk}/change/").status_code == 200


@pytest.mark.parametrize("role", [Role.REGULATOR, Role.OPERATOR, Role.DISPENSER])
def test_nobody_else_opens_the_desk(client, person, role):
    row = rows.waiting(F())
    other = person("other", role, is_superuser=True)
    client.force_login(other)
    for address in (QUEUE, f"{QUEUE}{row.pk}/change/", "/admin/review/localname/unmapped/"):
        assert client.get(address).status_code == 403, address
    for door in ("next/", f"{row.pk}/take/", f"{row.pk}/decide/", f"{row.pk}/reveal/", f"{row.pk}/release/"):
        assert client.post(QUEUE + door).status_code == 403, door


def test_who_is_not_signed_in_is_sent_to_sign_in(client, db):
    answer = client.get(QUEUE)
    assert (answer.status_code, answer["Location"]) == (302, f"/admin/login/?next={QUEUE}")


def test_take_next_opens_the_worst(client, pia):
    rows.waiting(F())
    worst = rows.waiting(F(Severity.CRITICAL, "two_pharmacists"))
    client.force_login(pia)
    assert client.get(QUEUE + "next/").status_code == 405
    answer = client.post(QUEUE + "next/")
    assert answer["Location"] == f"{QUEUE}{worst.pk}/change/"
    worst.refresh_from_db()
    assert worst.taken_by == pia


def test_the_workbench_counts_what_waits(client, pia):
    rows.waiting(F())
    rows.waiting(F(Severity.CRITICAL, "two_pharmacists"))
    rows.waiting(gaps=("weight_missing",))
    client.force_login(pia)
    page = client.get("/admin/")
    assert (page.context["waiting"], page.context["sums"]["critical"]) == (3, 1)
