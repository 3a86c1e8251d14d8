"""Relay and notifier as real processes: an event arrives by itself, and killing the sender loses nothing."""

import os
import signal
import time

import pytest
from django.db import connection

from rxcenter import serving
from rxcenter.devstack import processes
from tests.notify.conftest import fresh, happens, relay_and_worker

pytestmark = [pytest.mark.django_db(transaction=True)]


def until(fact, log, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := fact():
            return found
        time.sleep(0.05)
    raise AssertionError("waited in vain\n" + "\n".join(log[-40:]))


@pytest.mark.processes
@pytest.mark.slow
def test_S27_events_arrive_by_themselves_and_a_killed_notifier_loses_nothing(
    process_environment, hook, receiver, tmp_path
):
    endpoint, secret = hook
    log = []
    environment = {**process_environment, "RXCENTER_STATE_DIR": str(tmp_path)}
    wanted = [one for one in serving.processes(environment) if one.name in ("relay", "notifier")]
    assert len(wanted) == 2
    with processes.running(wanted, environment, write=log.append) as group:
        happens("order.created")
        until(lambda: len(receiver.taken) == 1, log)
        began = time.monotonic()
        happens("order.offered")
        until(lambda: len(receiver.taken) == 2, log)
        assert time.monotonic() - began < 10
        receiver.answer = lambda got: os.kill(group.pid("notifier"), signal.SIGKILL) or 204
        happens("order.claimed")  # the sender dies before it can write down that this one was taken
        until(lambda: len(receiver.taken) == 3, log)
        receiver.answer = lambda got: 204
        with connection.cursor() as cursor:  # a minute's lease, shortened for the test
            cursor.execute("UPDATE notify_endpoint SET lease_until = now()")
            cursor.execute("UPDATE jobs_job SET lease_until = now() WHERE state = 'running'")
        until(lambda: fresh(endpoint).cursor == 3, log)
    again = [got for got in receiver.taken if got.seq == 3]
    assert len(again) == 2
    assert len({got.id for got in again}) == 1
    assert {said["data"]["seq"] for said in receiver.verified(secret)} == {1, 2, 3}


def test_no_transaction_is_open_while_a_receiver_is_waited_for(endpoint, receiver):
    found = []

    def look(got):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            found.append(cursor.fetchone()[0])
        connection.close()
        return 204

    receiver.answer = look
    happens()
    relay_and_worker()
    assert found == [0]
