"""`bench claim` on a small number: real orders, really claimed over HTTP, and a floor that claims every row."""

import socket
import time
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from bench import claims, claims_floor, documents, floor, wire
from routing.models import Claim, Order
from rxcenter.demo import register
from rxcenter.jobs.models import Job
from rxcenter.ledger.verifying import faults

ORDERS = 36


class Alone:
    """A crew of this one process, with a connection for each request: the test's server ends it after its answer."""

    def fire(self, url, requests, connections):
        sent = [self.send(url, raw.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)) for raw in requests]
        return sent, wire.rate(sent)

    def send(self, url, raw):
        began = time.monotonic()
        with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=30) as line:
            line.sendall(raw)
            answer = b"".join(iter(lambda: line.recv(65536), b""))
        return wire.Sent(began, time.monotonic() - began, int(answer[9:12]), answer)


@pytest.mark.django_db(transaction=True)
def test_orders_are_really_routed_and_each_is_claimed_once(live_server):
    material = documents.generated(120)
    pharmacies = [place.code for place in documents.pharmacies()]
    keys = register.load([*material.places, *documents.pharmacies()], timezone.now())
    claims.nominating(material, pharmacies)
    claims.fill(material, keys, ORDERS)
    claims.fill(material, keys, ORDERS)  # there are enough already
    assert Order.objects.filter(state="offered").count() == ORDERS == sum(claims.spread().values())
    assert len(claims.spread()) > 6
    assert not Job.objects.filter(kind="audit").exists()
    speed, p50, p99 = claims.claim_some(live_server.url, keys, Alone(), 20, 4)
    assert speed > 0
    assert 0 < p50 <= p99
    assert Claim.objects.filter(state="open").count() == 20
    assert Order.objects.filter(state="offered").count() == ORDERS - 20
    assert list(faults()) == []


@pytest.mark.django_db(transaction=True)
def test_the_floor_claims_every_row_of_its_own(tmp_path, process_environment, monkeypatch):
    pgbench = floor.program()
    if pgbench is None:
        pytest.skip("there is no pgbench on this machine")
    monkeypatch.setenv("DATABASE_URL", process_environment["DATABASE_URL"])
    assert claims_floor.measure(pgbench, tmp_path, orders=100, clients=4) > 0
    monkeypatch.setattr(claims_floor, "SQL", claims_floor.SQL.replace("'offered')", "'other')"))
    with pytest.raises(claims_floor.NotClaimed, match=r"^0 of 100"):
        claims_floor.measure(pgbench, tmp_path, orders=100, clients=4)


def test_the_summary_holds_each_round_against_its_own_floor():
    shown = claims.summary([1000.0, 2000.0, 500.0], [(10.0, 1.0, 9.0), (40.0, 2.0, 8.0), (15.0, 3.0, 7.0)])
    assert shown["claims_per_s"]["median"] == 15
    assert shown["claim_ms"] == {"p50": 2, "p99": 8}
    assert shown["ratio_to_floor"] == {"rounds": [0.01, 0.02, 0.03], "median": 0.02}
    assert claims.summary([], [(10.0, 1.0, 9.0)])["floor_per_s"] == "pgbench not found"
