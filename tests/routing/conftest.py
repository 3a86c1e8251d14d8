"""Places, orders and the HTTP client of the custody tests."""

import json
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from rxcenter.accounts.roles import Role
from tests import people
from tests.routing import acts, road
from tests.routing.counter import Counter
from tests.routing.road import POOL, TO_OAK

API = "/api/v1"


@pytest.fixture
def north(db):
    """A hospital with its own pharmacy."""
    place = people.north()
    road.dispenser(place)
    return place


@pytest.fixture
def oak(db):
    """A pharmacy."""
    place = people.oak()
    road.dispenser(place, in_pool=True)
    return place


@pytest.fixture
def elm(db):
    """Another pharmacy."""
    return road.pharmacy("P0002", in_pool=True)


@pytest.fixture
def order(north, oak):
    """Offered to Oak, as of now (the doors read the clock)."""
    return road.routed(north, at=timezone.now(), routing=TO_OAK, patient__phone="13912345678")


@pytest.fixture
def pooled(north, oak):
    """Open to the pool, as of now."""
    return road.routed(north, at=timezone.now(), routing=POOL)


CHECKED = {
    "custody_of_order": "routing_order",
    "custody_of_claim": "routing_claim",
    "custody_of_dispense": "routing_dispense",
    "custody_of_prescription": "prescriptions_prescription",
}


@pytest.fixture
def contradictions_allowed(request):
    """For tests that put an order into a state by hand: the database does not ask what else is true."""
    request.getfixturevalue("transactional_db" if "transactional_db" in request.fixturenames else "db")

    def switch(how):
        with connection.cursor() as cursor:
            for trigger, table in CHECKED.items():
                cursor.execute(f"ALTER TABLE {table} {how} TRIGGER {trigger}")

    switch("DISABLE")
    yield
    if not connection.in_atomic_block:
        switch("ENABLE")


class Api:
    """A dispenser's or placer's machine."""

    def __init__(self, client):
        self.client = client

    def post(self, place, path, body, key=None, token=None):
        headers = {**place.headers, "Idempotency-Key": str(uuid4()) if key is None else key}
        if token is not None:
            headers["Claim-Token"] = token
        return self.client.post(
            API + path, json.dumps(body), content_type="application/json", headers=headers
        )

    def get(self, place, path):
        return self.client.get(API + path, headers=place.headers)

    def claim(self, place, order, key=None):
        return self.post(place, "/claims", {"order": str(order.pk)}, key=key)

    def by_code(self, place, order, code, key=None):
        return self.post(
            place, "/claims", {"prescription_no": order.prescription.number, "code": code}, key=key
        )


@pytest.fixture
def api(client):
    return Api(client)


@pytest.fixture
def nominated(north, oak, elm):
    """Offered to Oak, then to Elm, as of now."""
    return road.routed(north, at=timezone.now(), routing=acts.BOTH)


@pytest.fixture
def held(api, oak, nominated):
    return acts.Holding(api, oak, api.claim(oak, nominated))


@pytest.fixture
def at_oak(client, oak):
    """A browser of somebody who works at Oak's counter."""
    return Counter(client, people.staff("ou", Role.DISPENSER, oak))


@pytest.fixture
def mine(order, oak):
    """Oak holds it."""
    return road.claimed(order, oak, timezone.now()).claim
