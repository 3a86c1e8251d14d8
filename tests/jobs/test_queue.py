"""The queue of record: nothing is lost, nothing is done twice, poison is set aside."""

import threading
from uuid import uuid4

import pytest
from django.db import connection, connections

from rxcenter.jobs import queue, working
from rxcenter.jobs.models import Job
from rxcenter.jobs.queue import LeaseLost, NewJob
from rxcenter.jobs.relay import Relay
from rxcenter.jobs.working import Handler
from tests.people import NOON


def add(n=1, kind="test"):
    subjects = [uuid4() for _ in range(n)]
    queue.add([NewJob(kind, s) for s in subjects])
    return subjects


@pytest.fixture
def handler(monkeypatch):
    """Registers a handler for `test` jobs; `done` collects what it was given."""
    done, gave_up = [], []

    def register(work=None, batch=10):
        def default(jobs, at):
            done.extend(j.subject for j in jobs)

        made = Handler(work or default, lambda job, at: gave_up.append(job.subject), batch)
        monkeypatch.setitem(working.HANDLERS, "test", made)
        return done, gave_up

    return register


def sql(text, *args):
    with connection.cursor() as cursor:
        cursor.execute(text, args)


@pytest.mark.django_db
def test_due_jobs_are_done_once(handler):
    done, _ = handler()
    wanted = add(25)
    assert working.drain("test") == 25
    assert sorted(done) == sorted(wanted)
    assert working.drain("test") == 0


@pytest.mark.django_db
def test_the_same_work_waits_once_and_at_the_earlier_time(handler):
    handler()
    subject = uuid4()
    queue.add([NewJob("test", subject, NOON.replace(year=2090))])
    queue.add([NewJob("test", subject)])
    assert Job.objects.count() == 1
    assert working.drain("test") == 1


@pytest.mark.django_db
def test_a_job_of_tomorrow_is_left_alone(handler):
    handler()
    queue.add([NewJob("test", uuid4(), NOON.replace(year=2090))])
    assert working.drain("test") == 0


@pytest.mark.django_db(transaction=True)
def test_workers_share_a_queue_without_overlap(handler):
    done, _ = handler(batch=3)
    wanted = add(200)

    def worker():
        try:
            working.drain("test")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=worker) for _ in range(6)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert sorted(done) == sorted(wanted)
    assert set(Job.objects.values_list("state", flat=True)) == {"done"}


@pytest.mark.django_db(transaction=True)
def test_one_bad_job_does_not_keep_the_others(handler):
    wanted = add(5)
    seen = []

    def work(jobs, at):
        if wanted[2] in [j.subject for j in jobs]:
            raise ValueError("poison")
        seen.extend(j.subject for j in jobs)

    handler(work)
    working.drain("test")
    assert sorted(seen) == sorted(s for s in wanted if s != wanted[2])
    bad = Job.objects.get(subject=wanted[2])
    assert (bad.state, bad.attempts) == ("due", 1)
    assert "poison" in bad.last_error


@pytest.mark.django_db(transaction=True)
def test_after_five_attempts_people_take_over(handler):
    def work(jobs, at):
        raise ValueError("poison")

    _, gave_up = handler(work)
    [subject] = add()
    for _ in range(queue.MOST_ATTEMPTS):
        sql("UPDATE jobs_job SET due_at = now()")
        assert working.drain("test") == 1
    assert Job.objects.get().state == "quarantined"
    assert gave_up == [subject]


@pytest.mark.django_db(transaction=True)
def test_a_dead_workers_jobs_come_back_and_the_zombie_writes_nothing(handler):
    done, _ = handler()
    [subject] = add()
    jobs, _ = queue.claim("test", 10)
    sql("UPDATE jobs_job SET lease_until = now() - interval '1 second'")
    working.sweep(NOON)
    assert working.drain("test") == 1
    assert done == [subject]
    with pytest.raises(LeaseLost):
        queue.finish(jobs)


@pytest.mark.django_db(transaction=True)
def test_a_job_that_kills_its_worker_five_times_is_set_aside_alone(handler):
    _, gave_up = handler()
    [killer] = add()
    for _ in range(queue.MOST_ATTEMPTS):
        claimed, _ = queue.claim("test", 10)
        assert [j.subject for j in claimed] == [killer]
        sql("UPDATE jobs_job SET lease_until = now() - interval '1 second' WHERE state = 'running'")
        working.sweep(NOON)
    assert gave_up == [killer]
    assert Job.objects.get().state == "quarantined"


@pytest.mark.django_db(transaction=True)
def test_a_retried_job_is_claimed_alone():
    add(2)
    queue.claim("test", 10)
    sql("UPDATE jobs_job SET lease_until = now() - interval '1 second'")
    queue.release_expired()
    assert len(queue.claim("test", 10)[0]) == 1


@pytest.mark.django_db(transaction=True)
def test_lost_work_joins_a_newer_job_for_the_same_subject(handler):
    handler()
    [subject] = add()
    queue.claim("test", 1)
    queue.add([NewJob("test", subject)])
    sql("UPDATE jobs_job SET lease_until = now() - interval '1 second' WHERE state = 'running'")
    working.sweep(NOON)
    assert sorted(Job.objects.values_list("state", flat=True)) == ["done", "due"]


@pytest.mark.django_db(transaction=True)
def test_the_result_and_the_mark_of_a_job_stand_or_fall_together(handler):
    def work(jobs, at):
        add(1, kind="follow_up")
        sql("UPDATE jobs_job SET lease_token = NULL WHERE kind = 'test'")  # the lease was lost meanwhile

    handler(work)
    add()
    working.drain("test")
    assert not Job.objects.filter(kind="follow_up").exists()


@pytest.mark.django_db(transaction=True)
def test_the_relay_rings_for_what_is_due_and_a_dead_broker_does_not_stop_it(handler):
    handler()
    rung = []
    relay = Relay(ring=rung.append)
    assert relay.round() is False
    add(15)
    assert relay.round() is True
    assert len(rung) == 2
    from rxcenter.jobs.relay import ring_celery

    ring_celery()  # no broker listens on the test's address until the devstack runs one: only a warning


@pytest.mark.django_db(transaction=True)
def test_a_job_that_cannot_be_set_aside_stops_neither_the_sweep_nor_the_relay(handler, monkeypatch):
    done, _ = handler()
    poison, _ = add()[0], None

    def cannot(job, at):
        raise ValueError("not even that")

    monkeypatch.setitem(working.HANDLERS, "test", Handler(working.HANDLERS["test"].work, cannot))
    queue.claim("test", 1)
    sql("UPDATE jobs_job SET attempts = 5, lease_until = now() - interval '1 second'")
    rung = []
    relay = Relay(ring=rung.append)
    [wanted] = add()
    assert relay.round() is True
    assert len(rung) == 1
    working.drain("test")
    assert done == [wanted]
    assert Job.objects.get(subject=poison).state == "running"


@pytest.mark.django_db(transaction=True)
def test_a_retried_job_is_not_starved_by_a_backlog(handler):
    handler(batch=1)
    [old] = add()
    sql("UPDATE jobs_job SET attempts = 1, due_at = now() - interval '1 hour'")
    add(5)
    jobs, _ = queue.claim("test", 10)
    assert [j.subject for j in jobs] == [old]


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_is_tried_again_at_once(handler):
    from django.db import OperationalError
    from psycopg.errors import DeadlockDetected

    calls = []

    def work(jobs, at):
        calls.append(len(jobs))
        if len(calls) == 1:
            raise OperationalError("deadlock detected") from DeadlockDetected()

    handler(work)
    add(3)
    working.drain("test")
    assert calls == [3, 1, 1, 1]
    assert set(Job.objects.values_list("state", flat=True)) == {"done"}


@pytest.mark.django_db(transaction=True)
def test_a_job_finished_meanwhile_is_not_set_aside(handler):
    _, gave_up = handler()
    add()
    [job], _ = queue.claim("test", 1)
    queue.finish([job])
    working._give_up(working.HANDLERS["test"], job, NOON, "too late")
    assert gave_up == []
    assert Job.objects.get().state == "done"


@pytest.mark.django_db(transaction=True)
def test_a_backlog_of_one_kind_does_not_keep_another_waiting(monkeypatch):
    order = []

    def handler(kind):
        return Handler(lambda jobs, at: order.append((kind, len(jobs))), lambda job, at: None, 5)

    for kind in ("slow", "urgent"):
        monkeypatch.setitem(working.HANDLERS, kind, handler(kind))
    add(15, kind="slow")
    add(2, kind="urgent")
    assert working.drain() == 17
    assert order.index(("urgent", 2)) <= 1


@pytest.mark.django_db(transaction=True)
def test_a_long_backlog_does_not_hide_the_kinds_behind_it():
    add(5, kind="slow")
    add(1, kind="urgent")
    assert queue.due_counts(most=3) == {"slow": 3, "urgent": 1}


@pytest.mark.django_db(transaction=True)
def test_rings_that_nobody_hears_do_not_pile_up():
    from rxcenter.celery import app
    from rxcenter.jobs.relay import RINGERS, _unheard, ring_celery
    from rxcenter.jobs.working import LANE

    with app.pool.acquire(block=True) as broker:
        broker.default_channel.queue_purge(app.conf.task_default_queue) if _unheard(broker, LANE) else None
        for _ in range(3 * RINGERS):
            ring_celery()
        assert _unheard(broker, LANE) == RINGERS
        broker.default_channel.queue_purge(app.conf.task_default_queue)
