"""The health pages tell alive from fit for work, and what is late from what is broken."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from rxcenter.health import readiness
from rxcenter.jobs.models import Job

pytestmark = pytest.mark.django_db


def answers(client):
    response = client.get("/readyz")
    body = response.json()
    return response.status_code, body["status"], {name: one["status"] for name, one in body["checks"].items()}


def due(age):
    Job.objects.create(kind="audit", subject=uuid4(), due_at=timezone.now() - age)


def test_alive_needs_no_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_ready_when_everything_answers(client):
    status, word, checks = answers(client)
    assert (status, word) == (200, "ok")
    assert set(checks) == {"database", "migrations", "keys", "redis", "jobs"}


def test_redis_down_is_degraded_and_stays_in_service(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    status, word, checks = answers(client)
    assert (status, word, checks["redis"]) == (200, "degraded", "degraded")


def test_a_database_that_may_lose_commits_is_refused_outside_tests(client, settings):
    """The tests' own cluster runs without fsync: just what production must never do."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        if cursor.fetchone() != ("off",):
            pytest.skip("DATABASE_URL names a durable server")
    settings.MODE = "production"
    status, word, checks = answers(client)
    assert (status, word, checks["database"]) == (503, "failed", "failed")


def test_a_missing_migration_takes_the_instance_out_of_service(client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'jobs'")
    status, _, checks = answers(client)
    assert (status, checks["migrations"]) == (503, "failed")


def test_a_key_that_is_not_loaded_takes_the_instance_out_of_service(client, settings):
    settings.LEDGER_KEY = b""
    assert answers(client)[2]["keys"] == "failed"


def test_late_work_is_degraded_and_fresh_work_is_not(client):
    due(timedelta(seconds=30))
    assert answers(client)[2]["jobs"] == "ok"
    due(readiness.LATE + timedelta(seconds=5))
    assert answers(client)[:2] == (200, "degraded")


def test_a_timer_in_the_future_is_not_late(client):
    due(timedelta(days=-1))
    assert readiness.oldest_due_seconds(timezone.now()) is None


def test_metrics_count_jobs_by_kind_and_state(client):
    due(timedelta(seconds=90))
    text = client.get("/metrics").content.decode()
    assert 'rxcenter_jobs{kind="audit",state="due"} 1\n' in text
    age = float(text.split("\nrxcenter_oldest_due_job_seconds ")[1].split()[0])
    assert 89 <= age <= 120
    assert "# TYPE rxcenter_prescriptions gauge" in text


@pytest.mark.parametrize("extra", [{"REMOTE_ADDR": "10.0.0.7"}, {"HTTP_X_FORWARDED_FOR": "10.0.0.7"}])
def test_metrics_are_for_the_machine_itself(client, extra):
    assert client.get("/metrics", **extra).status_code == 403


@pytest.mark.parametrize("page", ["/healthz", "/readyz", "/metrics"])
def test_pages_are_read_only_and_never_cached(client, page):
    assert client.post(page).status_code == 405
    assert "no-store" in client.get(page).headers["Cache-Control"]
