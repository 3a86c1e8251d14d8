"""A running server on PostgreSQL, a hospital with its own pharmacy, two pharmacies, and a patient."""

import threading
from collections.abc import Iterator

import pytest
from django.core.servers.basehttp import WSGIServer

from routing.checking import orphans
from rxcenter.ledger.verifying import faults
from tests import people
from tests.routing import road
from tests.scenarios.town import Clock, Patient, Town

# Fifty callers at once, as a production server takes them: the test server's own queue holds ten
WSGIServer.request_queue_size = 128


@pytest.fixture
def town(transactional_db: None, live_server, monkeypatch) -> Iterator[Town]:
    """Whatever a scenario did, at its end the ledger is whole and nothing is lost."""
    north, oak = people.north(), people.oak()
    road.dispenser(north)
    road.dispenser(oak, in_pool=True)
    elm = road.pharmacy("P0002", in_pool=True)
    people.automatic_pass()
    made = Town(live_server.url, Clock(monkeypatch), {p.code: p for p in (north, oak, elm)})
    yield made
    for browser in made.browsers:
        browser.close()
    for thread in threading.enumerate():  # the server's, each with a connection of its own to the database
        if "process_request_thread" in thread.name:
            thread.join(timeout=10)
    assert (list(faults()), orphans()) == ([], [])


@pytest.fixture
def patient(town: Town) -> Patient:
    return Patient(town)
