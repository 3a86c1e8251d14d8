"""What was set aside after five attempts is seen by operators and gets another try."""

from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from rxcenter.accounts.roles import Role
from rxcenter.jobs import queue
from rxcenter.jobs.models import Job
from rxcenter.jobs.queue import NewJob
from rxcenter.jobs.requeueing import requeue
from tests import people

pytestmark = pytest.mark.django_db
PAGE = "/admin/jobs/job/"


def quarantined(kind="route"):
    return Job.objects.create(
        kind=kind,
        subject=uuid4(),
        state="quarantined",
        attempts=5,
        finished_at=people.NOON,
        last_error="Boom: x",
    )


@pytest.fixture
def operator(client):
    client.force_login(people.staff("otto", Role.OPERATOR))
    return client


def test_a_requeued_job_is_due_with_all_its_attempts():
    job, other = quarantined(), quarantined()
    assert requeue([job.pk]) == 1
    job.refresh_from_db()
    assert (job.state, job.attempts, job.finished_at, job.last_error) == ("due", 0, None, "Boom: x")
    [work], _at = queue.claim("route", 10)
    assert (work.id, work.attempts) == (job.pk, 1)
    assert Job.objects.get(pk=other.pk).state == "quarantined"


def test_a_job_whose_work_waits_already_joins_it():
    job, twin = quarantined(), quarantined()
    queue.add([NewJob("route", job.subject)])
    Job.objects.filter(pk=twin.pk).update(subject=job.subject)
    assert requeue([job.pk, twin.pk]) == 2
    assert list(
        Job.objects.filter(subject=job.subject).order_by("state").values_list("state", flat=True)
    ) == [
        "done",
        "done",
        "due",
    ]


@pytest.mark.parametrize("state", ["due", "running", "done"])
def test_only_quarantined_jobs_are_requeued(state):
    job = Job.objects.create(kind="route", subject=uuid4(), state=state, attempts=3, lease_token=uuid4())
    assert requeue([job.pk]) == 0
    assert Job.objects.get(pk=job.pk).attempts == 3


def test_the_operator_sees_and_requeues_them(operator):
    job, other = quarantined(), quarantined("expire")
    Job.objects.create(kind="route", subject=uuid4(), state="done")
    page = operator.get(PAGE, {"state": "quarantined", "kind": "route"}).content.decode()
    assert str(job.subject) in page
    assert "Boom: x" in page
    assert str(other.subject) not in page
    assert "隔离" in page
    said = operator.post(PAGE, {"action": "again", "_selected_action": [job.pk]}, follow=True)
    assert "1 个任务" in said.content.decode()
    assert Job.objects.get(pk=job.pk).state == "due"
    assert operator.get(f"{PAGE}{other.pk}/change/").status_code == 200
    assert "/admin/jobs/job/" in operator.get("/admin/").content.decode()


def test_nothing_is_changed_by_hand_and_nobody_else_looks(operator, client):
    job = quarantined()
    assert operator.post(f"{PAGE}{job.pk}/change/", {"state": "due"}).status_code == 403
    assert operator.get(f"{PAGE}add/").status_code == 403
    for role in (Role.PHARMACIST, Role.CHIEF, Role.REGULATOR, Role.DISPENSER):
        client.force_login(people.staff(f"a-{role}", role))
        assert client.get(PAGE).status_code == 403
        client.post(PAGE, {"action": "again", "_selected_action": [job.pk]})
    assert Job.objects.get(pk=job.pk).state == "quarantined"


def test_the_command_lists_and_requeues(capsys):
    job, other = quarantined(), quarantined()
    call_command("jobs")
    said = capsys.readouterr().out
    assert f"{job.pk}  route  {job.subject}" in said
    assert "Boom: x" in said
    with pytest.raises(CommandError, match="not in quarantine: 999"):
        call_command("jobs", "--requeue", str(job.pk), "999")
    assert Job.objects.filter(state="quarantined").count() == 2
    call_command("jobs", "--requeue", str(job.pk))
    assert Job.objects.get(pk=job.pk).state == "due"
    call_command("jobs", "--requeue", "all")
    assert "1 jobs are due again" in capsys.readouterr().out.splitlines()[-1]
    assert Job.objects.get(pk=other.pk).state == "due"


@pytest.mark.parametrize("word", ["²", "x", "-1"])
def test_what_is_no_id_is_refused(word):
    with pytest.raises(CommandError, match="not an id"):
        call_command("jobs", f"--requeue={word}")
