"""The operators' pages: what was not delivered, why, and another try; networks with a name and a date."""

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from rxcenter.accounts.roles import Role
from rxcenter.notify.models import ApprovedNetwork, Delivery, Endpoint, Secret
from rxcenter.notify.subscribing import try_out
from tests import people
from tests.notify.conftest import fresh, happens, relay_and_worker, run

pytestmark = pytest.mark.django_db(transaction=True)
HOOKS, LETTERS = "/admin/notify/endpoint/", "/admin/notify/delivery/"
NETWORKS = "/admin/notify/approvednetwork/"


@pytest.fixture
def olga(client):
    """An operator, signed in."""
    user = people.staff("olga", Role.OPERATOR)
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def letter(endpoint, receiver):
    """One dead letter."""
    receiver.answer = lambda got: 503
    happens("order.created")
    at = timezone.now()
    for _ in range(8):
        Delivery.objects.update(due_at=at)
        Endpoint.objects.update(next_try_at=None)
        run(endpoint, at)
    found = Delivery.objects.get()
    assert found.state == "dead"
    return found


def acted(client, page, action, *rows):
    return client.post(page, {"action": action, "_selected_action": [row.pk for row in rows]}, follow=True)


@pytest.mark.parametrize("role", [Role.PHARMACIST, Role.CHIEF, Role.REGULATOR, Role.DISPENSER])
def test_only_operators_see_webhooks(client, role):
    client.force_login(people.staff("someone", role))
    assert [client.get(page).status_code for page in (HOOKS, LETTERS)] == [403, 403]
    assert client.get(NETWORKS).status_code == (200 if role == Role.REGULATOR else 403)


def test_dead_letters_show_each_attempt_and_are_replayed(olga, endpoint, letter, receiver):
    listed = olga.get(f"{LETTERS}?state=dead").content.decode()
    assert "order.created #1" in listed
    page = olga.get(f"{LETTERS}{letter.pk}/change/").content.decode()
    assert page.count("answered 503") == 8
    assert letter.message.id in page
    receiver.answer = lambda got: 204
    assert "1 delivery is tried again." in acted(olga, LETTERS, "replay", letter).content.decode()
    relay_and_worker()
    letter.refresh_from_db()
    assert letter.state == "delivered"
    assert "operator:olga" in olga.get(f"{LETTERS}{letter.pk}/change/").content.decode()
    assert LogEntry.objects.filter(object_id=letter.pk).count() == 1
    assert "0 deliveries" in acted(olga, LETTERS, "replay", letter).content.decode()


def test_the_sidebar_counts_what_was_given_up_and_no_tests(olga, endpoint, letter, rf, client):
    from rxcenter.notify.admin_sidebar import dead

    failing = try_out(endpoint, at=timezone.now())
    Delivery.objects.filter(pk=failing.pk).update(state="dead")
    request = olga.get("/admin/").wsgi_request
    assert dead(request) == "1"
    client.force_login(people.staff("pia", Role.PHARMACIST))
    assert dead(client.get("/admin/").wsgi_request) == ""


def test_an_operator_subscribes_for_an_institution_and_sees_the_secret_once(olga, north, loopback, receiver):
    given = {
        "institution": north.code,
        "url": receiver.url,
        "events": "prescription.*, order.created",
        "note": "HIS",
    }
    page = olga.post(f"{HOOKS}add/", given)
    secret = page.context["made"][0]["secret"]
    assert secret in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    endpoint = Endpoint.objects.get()
    assert endpoint.events == ["prescription.*", "order.created"]
    happens("prescription.approved")
    relay_and_worker()
    assert receiver.verified(secret)
    assert secret not in olga.get(f"{HOOKS}{endpoint.pk}/change/").content.decode()
    rotated = acted(olga, HOOKS, "rotate", endpoint)
    assert rotated.context["made"][0]["secret"] not in (secret, "")
    assert Secret.objects.count() == 2
    assert not any(secret in str(cookie) for cookie in olga.cookies.values())


def test_the_form_refuses_what_the_api_refuses(olga, north):
    given = {
        "institution": north.code,
        "url": "https://10.0.0.1/",
        "events": "prescripton.approved",
        "note": "",
    }
    page = olga.post(f"{HOOKS}add/", given)
    assert set(page.context["adminform"].form.errors) == {"url", "events"}
    assert not Endpoint.objects.exists()


def test_an_operator_switches_off_and_on_and_sends_a_test(olga, hook, receiver):
    endpoint, secret = hook
    given = {"url": endpoint.url, "events": "", "note": "new"}
    assert olga.post(f"{HOOKS}{endpoint.pk}/change/", given).status_code == 302
    assert (fresh(endpoint).active, fresh(endpoint).paused, fresh(endpoint).note) == (False, "owner", "new")
    olga.post(f"{HOOKS}{endpoint.pk}/change/", {**given, "active": "on"})
    assert (fresh(endpoint).active, fresh(endpoint).paused) == (True, "")
    assert "1 test message is on its way." in acted(olga, HOOKS, "send_test", endpoint).content.decode()
    relay_and_worker()
    assert Webhook(secret).verify(receiver.got[0].body, receiver.got[0].headers)["type"] == "webhook.test"


def test_a_network_is_approved_by_name_and_date_and_only_its_end_changes(olga, north):
    given = {
        "network": "10.20.0.0/16",
        "plain_http": "on",
        "reason": "LAN of H0001",
        "in_force_from": "2026-01-01",
    }
    assert olga.post(f"{NETWORKS}add/", {**given, "network": "10.20.0.1/16"}).status_code == 200
    assert olga.post(f"{NETWORKS}add/", given).status_code == 302
    row = ApprovedNetwork.objects.get()
    assert row.approved_by == "olga"
    olga.post(f"{NETWORKS}{row.pk}/change/", {**given, "network": "0.0.0.0/0", "in_force_to": "2026-12-31"})
    row.refresh_from_db()
    assert (row.network, str(row.in_force_to)) == ("10.20.0.0/16", "2026-12-31")
