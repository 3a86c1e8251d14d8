"""The whole demo as a user starts it: own servers, real processes, simulated people, and the last line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rxcenter.demo import counting

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.processes,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("processes"),
]


def run(*words, state):
    """The command in an environment that names no server and no key, so that it makes its own."""
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("RXCENTER_", "DATABASE_URL", "REDIS_URL"))
    }
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", "demo", *words],
        env={**environment, "RXCENTER_STATE_DIR": str(state)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=800,
    )


def test_the_demo_ends_with_its_numbers_and_loses_nothing(tmp_path):
    done = run("--exit", "--count", "80", "--seed", "3", state=tmp_path)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    numbers = json.loads(done.stdout.splitlines()[-1])
    assert list(numbers) == list(counting.COUNTED)
    assert counting.broken(numbers) == []
    assert (numbers["posted"], numbers["refused"], numbers["lost"], numbers["pending"]) == (80, 1, 0, 0)
    assert numbers["approved"] > numbers["passed"] - numbers["held_by_policy"]  # pharmacists approved some
    assert numbers["returned"] + numbers["rejected"] > 0
    assert numbers["dispensed"] > 0
    assert "!" not in {line[:1] for line in done.stdout.splitlines()}, done.stdout
    [planted] = [line.split() for line in done.stdout.splitlines() if line.startswith("all ")]
    assert planted[1] == planted[2]


def test_words_that_mean_nothing_are_refused(tmp_path):
    done = run("--last", "5", state=tmp_path)
    assert done.returncode == 1
    assert "--input" in done.stderr
