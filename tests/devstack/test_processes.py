"""The supervisor restarts what crashes and leaves nothing behind, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rxcenter.devstack import processes
from rxcenter.devstack.processes import Process

ROOT = Path(__file__).resolve().parents[2]
SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(100)"]


def until(fact, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = fact()
        if found:
            return found
        time.sleep(0.02)
    pytest.fail("waited in vain")


def is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_lines_carry_the_name_of_their_process():
    lines = []
    with processes.running([Process("web", SLEEPER)], write=lines.append):
        until(lambda: "web | up" in lines)


def test_a_killed_process_starts_again_with_another_id():
    with processes.running([Process("worker", SLEEPER)], write=lambda line: None) as group:
        first = until(lambda: group.pid("worker"))
        os.kill(first, signal.SIGKILL)
        second = until(lambda: group.pid("worker") if group.starts("worker") > 1 else None)
        assert second != first
        assert not is_alive(first)


def test_children_of_a_killed_process_do_not_keep_it_from_starting_again():
    code = "import subprocess, sys, time; subprocess.Popen(['sleep', '100']); time.sleep(100)"
    with processes.running([Process("pool", [sys.executable, "-c", code])], write=lambda line: None) as group:
        first = until(lambda: group.pid("pool"))
        child = until(lambda: Path(f"/proc/{first}/task/{first}/children").read_text().split())[0]
        os.kill(first, signal.SIGKILL)
        until(lambda: group.starts("pool") > 1)
        assert not is_alive(int(child))


def test_a_process_that_crashes_at_once_is_not_started_in_a_hot_loop():
    with processes.running(
        [Process("bad", [sys.executable, "-c", "raise SystemExit(3)"])], write=print
    ) as group:
        time.sleep(1.2)
        assert 1 <= group.starts("bad") <= 3


def test_stopping_is_asked_for_first_and_forced_after_the_time_allowed():
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(100)"
    lines = []
    deaf_process = Process("deaf", [sys.executable, "-c", deaf], stop_seconds=0.5)
    with processes.running([deaf_process], write=lines.append) as group:
        until(lambda: "deaf | up" in lines)
        pid = group.pid("deaf")
    assert not is_alive(pid)
    assert "deaf | did not stop in 0.5 s: killed" in lines


def test_work_in_hand_is_finished_before_the_end():
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *a: (time.sleep(0.3), print('finished', flush=True), sys.exit(0)))\n"
        "print('up', flush=True); time.sleep(100)"
    )
    lines = []
    with processes.running([Process("worker", [sys.executable, "-c", code])], write=lines.append):
        until(lambda: "worker | up" in lines)
    assert "worker | finished" in lines


def test_nothing_survives_a_killed_supervisor():
    code = (
        "import sys, time\nfrom rxcenter.devstack import processes\n"
        f"with processes.running([processes.Process('web', {SLEEPER!r})], write=lambda line: None) as group:\n"
        "    while not group.pid('web'): time.sleep(0.01)\n"
        "    time.sleep(0.5); print(group.pid('web'), flush=True); time.sleep(100)"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    pid = int(supervisor.stdout.readline())
    assert is_alive(pid)
    supervisor.kill()
    supervisor.wait()
    supervisor.stdout.close()
    until(lambda: not is_alive(pid))
