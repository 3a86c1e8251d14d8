"""The private servers start, keep their data, and are gone with their owner."""

import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from rxcenter import devstack
from rxcenter.devstack import binaries, launching, places, postgres

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def state_dir(tmp_path, monkeypatch):
    """A state directory of its own; nothing is given from outside."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    yield tmp_path
    stack = devstack.Stack(tmp_path, durable=False)
    stack.discard()


def ask(urls, question):
    with psycopg.connect(urls.database_url) as connection:
        return connection.execute(question).fetchone()


def test_data_survives_a_restart_and_settings_follow_the_purpose(state_dir):
    with devstack.running(state_dir, durable=True) as urls:
        with psycopg.connect(urls.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        assert ask(urls, "SELECT current_setting('fsync'), current_setting('full_page_writes')") == (
            "on",
            "on",
        )
        assert ask(urls, "SHOW server_encoding") == ("UTF8",)
        assert redis.Redis.from_url(urls.redis_url).config_get("appendonly") == {"appendonly": "yes"}
    with devstack.running(state_dir, durable=False) as urls:
        assert ask(urls, "SELECT n FROM kept") == (7,)
        assert ask(urls, "SHOW fsync") == ("off",)


def test_servers_given_from_outside_are_used_and_nothing_is_started(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/else")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere:1/0")
    with devstack.running(tmp_path) as urls:
        assert urls == ("postgresql://somewhere/else", "redis://elsewhere:1/0")
    assert list(tmp_path.iterdir()) == []


def test_redis_refuses_who_does_not_know_the_password(state_dir):
    with devstack.running(state_dir, durable=False) as urls:
        stranger = redis.Redis.from_url("redis://" + urls.redis_url.split("@")[1])
        with pytest.raises(redis.AuthenticationError):
            stranger.ping()


def test_a_second_stack_on_the_same_data_is_refused_with_the_reason(state_dir):
    with devstack.running(state_dir, durable=False):
        second = devstack.Stack(state_dir, durable=False)
        with pytest.raises(devstack.DevstackError, match="Another demo or test run uses"):
            second.start()
        with pytest.raises(devstack.DevstackError, match="Another demo or test run uses"):
            second.discard()


def test_a_postgres_of_another_owner_is_never_taken_for_a_stale_one(state_dir, monkeypatch):
    monkeypatch.setattr(postgres, "PATIENCE_SECONDS", 0.3)
    stack = devstack.Stack(state_dir, durable=False)
    stack.start()
    try:
        with pytest.raises(devstack.DevstackError, match="already runs PostgreSQL"):
            stack.cluster.check_free()
    finally:
        stack.stop()


def test_a_lock_file_left_by_a_power_cut_is_no_hindrance(tmp_path):
    (tmp_path / "postmaster.pid").write_text("1\n")  # process 1 lives, but it is no postgres of ours
    postgres.clear_stale_lock(tmp_path)
    assert not (tmp_path / "postmaster.pid").exists()


def test_servers_end_when_their_owner_is_killed(state_dir):
    owner = subprocess.Popen(
        [sys.executable, "-m", "rxcenter.devstack", str(state_dir), "--not-durable"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    url = owner.stdout.readline().split("'")[1]
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            return
        time.sleep(0.1)
    pytest.fail("PostgreSQL outlived its owner")


def test_the_launcher_changes_no_directory_above_its_own(state_dir):
    before = [path.stat().st_mode for path in state_dir.parents]
    with devstack.running(state_dir, durable=False):
        pass
    assert [path.stat().st_mode for path in state_dir.parents] == before


def test_without_servers_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setenv("RXCENTER_DEVSTACK", "neither")
    with pytest.raises(devstack.DevstackError, match=r"requirements-embedded\.txt"):
        binaries.find_postgres()
    with pytest.raises(devstack.DevstackError, match="apt-get install"):
        binaries.find_redis()


def test_ports_stay_below_those_the_kernel_hands_out():
    assert all(places.free_port() < 32768 for _ in range(20))


def test_a_failing_program_reports_its_own_words():
    with pytest.raises(devstack.DevstackError, match="no such thing"):
        launching.run([sys.executable, "-c", "raise SystemExit('no such thing')"])


def test_devstack_needs_nothing_installed():
    """-S leaves site-packages out: every import must come from the standard library."""
    done = subprocess.run(
        [sys.executable, "-S", "-m", "rxcenter.devstack", "--help"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
