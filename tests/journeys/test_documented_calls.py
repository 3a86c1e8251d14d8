"""The very text of README.md and docs/*.md, pasted into a shell before a running centre."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from routing.models import Claim, Dispense
from rxcenter.demo import showing
from rxcenter.ledger.verifying import faults
from rxcenter.notify.models import Endpoint
from tests import people
from tests.routing import road

STATES = {"approved", "offered", "completed", "unroutable", "cancelled"}
ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.processes,
    pytest.mark.xdist_group("processes"),
]


def blocks(page: str, part: str = "") -> list[str]:
    """The shell blocks of a page, or of what follows one heading of it."""
    text = (ROOT / page).read_text(encoding="utf-8")
    if part:
        text = text.split(f"## {part}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def pasted(centre, tmp_path):
    """Runs blocks as one shell would, stopping at the first that fails; returns what it printed, line by line."""
    north, oak = people.north(), people.oak()
    road.dispenser(north)
    road.dispenser(oak, in_pool=True)
    people.automatic_pass()
    exports = showing.to_try(centre.url, {"H0001": north.key, "P0001": oak.key}).split("\n", 1)[1]
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "python3").symlink_to(sys.executable)

    def paste(*texts: str) -> list[str]:
        done = subprocess.run(
            [shutil.which("bash") or "sh", "-eu", "-c", "\n".join([exports, *texts])],
            cwd=tmp_path,
            env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=150,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n" + "\n".join(centre.log[-30:])
        return done.stdout.splitlines()

    yield paste
    assert list(faults()) == []


def test_the_readme_and_the_webhook_page(pasted):
    first, read = blocks("README.md", "Post a first prescription")
    post = first.rstrip().splitlines()[-1]
    until = f'until {read.strip()} | grep -q \'"state":"approved"\'; do sleep 0.2; done'
    hook = blocks("docs/webhooks.md")
    said = pasted(first, "echo", post, "echo", until, read, "echo", *hook)
    stored, again, found = map(json.loads, said[:3])
    assert (stored["created"], again["created"], again["id"]) == (True, False, stored["id"])
    assert (found["id"], found["state"], found["audit"]["outcome"]) == (stored["id"], "approved", "pass")
    assert "whsec_" in said[3]
    assert "problem" not in said[3]
    assert Endpoint.objects.get().url == "https://his.example.org/hook"


def test_the_road_of_the_integrators_page(pasted):
    page = blocks("docs/integrating.md")
    more = 'for n in 1 2; do prescription "$NUMBER-$n" | hospital /prescriptions -d @- > /dev/null; done'
    waits = 'until [ "$(pharmacy /offers | grep -o offer_id | wc -l)" = 2 ]; do sleep 0.2; done'
    said = pasted(*page, "echo ---", more, waits, "python3 examples/dispenser.py")
    walked, python = said[: said.index("---")], said[said.index("---") + 1 :]
    states = [line for line in walked if line in STATES]
    assert states == ["approved", "offered", "completed", "completed", "unroutable", "cancelled"]
    assert "李秀英" in walked
    assert "cancel: cancelled" in walked  # examples/placer.py
    assert [line.split()[-1] for line in python] == ["completed", "returned"]
    batches = [d.lines[0]["batch"] for d in Dispense.objects.filter(replaced_by=None).order_by("recorded_at")]
    assert batches == ["A2411", "A2413", None, "A2412"]
    ends = sorted(Claim.objects.values_list("state", flat=True))
    assert ends == ["completed", "completed", "returned", "returned"]
