"""The production layout starts, answers, survives a killed worker, and stops without leaving anything behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from django.db import connection

from rxcenter import serving
from rxcenter.devstack import places
from tests.conftest import ours

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "rxcenter.serving"]


def refusal(environment):
    done = subprocess.run(COMMAND, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    return done.stderr


def test_without_its_variables_it_names_every_one_and_how_to_make_it():
    said = refusal({"PATH": os.environ["PATH"]})
    for name in serving.REQUIRED:
        assert name in said
    assert "openssl rand -hex 32" in said
    assert "Traceback" not in said


def test_an_unreachable_database_is_told_in_words():
    said = refusal({**ours(), "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"})
    assert said.startswith("The database cannot be used")


@pytest.mark.django_db(transaction=True)
def test_a_database_of_another_version_is_refused_with_the_command(process_environment):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'jobs' RETURNING name, applied")
        rows = cursor.fetchall()
        try:
            assert refusal(process_environment).endswith("run: .venv/bin/python manage.py migrate\n")
        finally:
            values = [("jobs", *row) for row in rows]
            cursor.executemany(
                "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", values
            )


def test_the_procfile_is_filled_in_with_defaults_and_the_callers_values():
    listed = {one.name: list(one.command) for one in serving.processes({"RXCENTER_PORT": "8123"})}
    assert list(listed) == ["web", "relay", "worker", "notifier", "beat"]
    assert listed["web"][listed["web"].index("--port") + 1] == "8123"
    assert not any("$" in word for words in listed.values() for word in words)


def descendants(pid):
    """Process ids below a process; the threads of a supervisor each have children of their own."""
    found = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, tasks.read_text().split()):
            found += [child, *descendants(child)]
    return found


def wait_for(fact, seconds=120):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if found := fact():
                return found
        except (requests.RequestException, FileNotFoundError):
            pass
        time.sleep(0.1)
    pytest.fail("waited in vain")


@pytest.mark.processes
@pytest.mark.timeout(400)
@pytest.mark.django_db(transaction=True)
def test_it_serves_restarts_a_killed_process_and_stops_cleanly(process_environment, tmp_path):
    port = places.free_port()
    own = {
        "RXCENTER_PORT": str(port),
        "RXCENTER_STATE_DIR": str(tmp_path),
        "RXCENTER_STATIC_ROOT": str(tmp_path / "s"),
    }
    log = (tmp_path / "log").open("w+")
    serve = subprocess.Popen(COMMAND, cwd=ROOT, env={**process_environment, **own}, stdout=log, stderr=log)
    try:
        page = f"http://127.0.0.1:{port}/readyz"
        answer = wait_for(lambda: requests.get(page, timeout=3))
        assert answer.status_code == 200, answer.text
        before = wait_for(lambda: by_name(serve.pid, "relay"))
        os.kill(before, signal.SIGKILL)
        wait_for(lambda: by_name(serve.pid, "relay") not in (None, before))
        family = descendants(serve.pid)
        serve.send_signal(signal.SIGTERM)
        assert serve.wait(60) == 0
        assert not [pid for pid in family if Path(f"/proc/{pid}").exists()]
    finally:
        serve.kill()
        serve.wait()
        log.seek(0)
        print(log.read())
        log.close()


def by_name(supervisor, word):
    """The process of a supervisor whose command line holds the word."""
    for pid in descendants(supervisor):
        if word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
            return pid
    return None
