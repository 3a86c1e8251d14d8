"""The regulator's pages: numbers that add up, each reader within their institutions, exports that cannot bite."""

import csv
import io

import pytest
from django.urls import reverse

from rxcenter.accounts.roles import Role
from rxcenter.jobs import working
from rxcenter.prescriptions.receiving import receive
from rxcenter.reports import queries
from rxcenter.reports.charts import Series, stacked_days
from rxcenter.reports.exporting import safe_cell
from rxcenter.reports.period import Period
from tests import people

pytestmark = pytest.mark.django_db
DAY = people.NOON.date()
PERIOD = Period(DAY, DAY)


@pytest.fixture
def world():
    """Five clean prescriptions of North (automatic pass), one of unknown drug, two of South (no policy row)."""
    north, south = people.north(), people.south()
    people.automatic_pass()
    rows = [posted(north, f"A{n}") for n in range(5)]
    rows.append(posted(north, "U1", item__drug={"name": "不存在的药"}))
    rows += [posted(south, f"S{n}") for n in range(2)]
    receive(rows, at=people.NOON)
    assert working.drain("audit") == 8
    return north, south


def posted(place, number, **changes):
    """Each of another patient: of one patient each would be a repeat of the others."""
    card = {"system": "health_card", "value": f"of {number}"}
    return people.posted(place, number=number, patient__id=card, **changes)


def login(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_totals_add_up(world):
    t = queries.totals(PERIOD, None)
    assert (t["posted"], t["automatic"], t["in_review"], t["stopped"]) == (8, 5, 1, 0)
    assert t["posted"] == t["passed"] + t["in_review"] + t["stopped"] + t["unaudited"]
    assert t["median_minutes"] is not None
    assert sum(r["posted"] for r in queries.by_institution(PERIOD, None)) == 8
    assert sum(r["posted"] for r in queries.by_day(PERIOD, None)) == 8
    assert queries.totals(PERIOD, ["C0002"])["posted"] == 2
    assert queries.totals(Period(DAY.replace(day=1), DAY.replace(day=2)), None)["posted"] == 0


def test_a_page_takes_few_statements(world, client, django_assert_max_num_queries):
    login(client, people.staff("rex", Role.REGULATOR))
    with django_assert_max_num_queries(12):
        page = client.get(reverse("reports:overview"), {"from": DAY, "to": DAY})
    assert page.status_code == 200
    text = page.content.decode()
    assert "北方医院" in text
    assert "<svg" in text
    assert "李" not in text  # nobody's name


def test_a_regulator_of_one_place_sees_that_place_only(world, client):
    north, _ = world
    login(client, people.staff("rex", Role.REGULATOR, at=north))
    text = client.get(reverse("reports:overview"), {"from": DAY, "to": DAY}).content.decode()
    assert "北方医院" in text
    assert "南街" not in text
    assert client.get(reverse("reports:institution", args=["C0002"])).status_code == 404
    assert (
        client.get(reverse("reports:export", args=["institutions"]), {"institution": "C0002"}).status_code
        == 404
    )


@pytest.mark.parametrize("role", [Role.PHARMACIST, Role.DISPENSER])
def test_others_are_kept_out(client, role):
    assert client.get(reverse("reports:overview")).status_code == 302
    login(client, people.staff("pia", role))
    assert client.get(reverse("reports:overview")).status_code == 403


def test_nothing_can_be_written_here(client):
    login(client, people.staff("rex", Role.REGULATOR))
    assert client.post(reverse("reports:overview")).status_code == 405


@pytest.mark.parametrize("table", ["institutions", "days", "rules", "severities"])
def test_each_table_comes_as_csv(world, client, table):
    login(client, people.staff("rex", Role.REGULATOR))
    answer = client.get(reverse("reports:export", args=[table]), {"from": DAY, "to": DAY})
    text = b"".join(answer.streaming_content).decode("utf-8")
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    if table == "institutions":
        assert {(r["code"], r["posted"]) for r in rows} == {("H0001", "6"), ("C0002", "2")}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1"])
def test_cells_that_a_spreadsheet_would_run_are_disarmed(text):
    assert safe_cell(text) == "'" + text
    assert safe_cell(-1) == -1


def test_the_chart_has_a_text_alternative_and_no_script():
    svg = stacked_days([DAY], [Series("s-auto", "<x>", [3])], title="每日 <处方>")
    assert 'role="img"' in svg
    assert "&lt;处方&gt;" in svg
    assert "<script" not in svg
