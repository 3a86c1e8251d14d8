"""Whatever stands in an address or a form, the answer is a page or a refusal, never a failure of the centre."""

from uuid import uuid4

import pytest

from rxcenter.accounts.models import User
from rxcenter.accounts.roles import Role
from rxcenter.review.models import Decision
from tests import people
from tests.review import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def regulator(client):
    client.force_login(people.staff("rex", Role.REGULATOR))
    return client


@pytest.mark.parametrize(
    "query",
    [
        "days=²",
        "days=" + "9" * 5000,
        "days=367",
        "days=0",
        "from=9999-12-31&to=9999-12-31",
        "from=0001-01-01&to=0001-01-01",
        "from=0001-01-01&to=2026-11-21",
        "from=0001-01-01",
        "to=9999-12-31",
        "from=2026-13-01&to=x",
    ],
)
def test_an_unreadable_period_gives_a_period(regulator, query):
    for page in ("/reg/", "/reg/rules.csv"):
        assert regulator.get(f"{page}?{query}").status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/reg/institutions/%00/",
        "/reg/rules.csv?institution=%00",
        "/reg/?from=%00",
        "/admin/review/waiting/?group=%00",
        "/admin/review/waiting/?%00=1",
        "/admin/accounts/institution/?q=%00",
    ],
)
def test_a_nul_in_an_address_is_a_bad_request(regulator, address):
    assert regulator.get(address).status_code == 400


def test_a_nul_in_a_decision_is_a_bad_request_and_decides_nothing(client):
    waiting = rows.waiting(rows.F())
    client.force_login(rows.staff("pia"))
    answer = client.post(
        f"/admin/review/waiting/{waiting.prescription_id}/decide/",
        {"verdict": "return", "code": "x", "note": "a\x00b", "token": str(uuid4())},
    )
    assert answer.status_code == 400
    assert not Decision.objects.exists()


def test_a_nul_at_the_sign_in_and_in_a_cookie(client):
    form = {"username": "a\x00", "password": "x"}
    assert client.post("/admin/login/", form).status_code == 400
    client.cookies["sessionid"] = "a\x00bcdefghijklmnopqrstuvwxyz"
    assert client.get("/admin/").status_code == 400
    assert not User.objects.exists()
