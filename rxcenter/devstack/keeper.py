"""A stack for one test run: started by whichever test process needs it first, shared by all, gone with the run.

The process that leads the run calls `plan()` before Django reads its settings. That starts a keeper, a small
process that draws the servers' addresses and waits; the leader's environment, which its followers inherit, then
names them. `ensure_started()` makes them true. A test run without a database never starts one.
The keeper watches its parent, the leader: when that ends, however it ends, servers and data go.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rxcenter.devstack.launching import DevstackError
from rxcenter.devstack.stack import Stack

MEETING_PLACE = "RXCENTER_TEST_STACK"  # directory with the files addresses, wanted, ready, failed, over
START_SECONDS = 90
ROOT = Path(__file__).resolve().parents[2]


def plan() -> None:
    """Put DATABASE_URL and REDIS_URL of servers to come into os.environ; in a follower they are there already."""
    if MEETING_PLACE in os.environ:
        return
    place = Path(tempfile.mkdtemp(prefix="rxc-test-"))
    with (place / "log").open("wb") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "rxcenter.devstack.keeper", str(place)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the tests; the keeper ends after them
        )
    addresses = _wait(place, "addresses", keeper).splitlines()
    os.environ.update(zip(("DATABASE_URL", "REDIS_URL"), addresses, strict=True))
    os.environ[MEETING_PLACE] = str(place)
    atexit.register(_dismiss, place, keeper)


def _dismiss(place: Path, keeper: subprocess.Popen[bytes]) -> None:
    """At the leader's orderly end: see the servers gone."""
    (place / "over").touch()
    keeper.wait(START_SECONDS)


def ensure_started() -> None:
    """Return when the planned servers run; raises DevstackError with the reason when they cannot."""
    place = Path(os.environ[MEETING_PLACE])
    (place / "wanted").touch()
    _wait(place, "ready")


def _wait(place: Path, name: str, keeper: subprocess.Popen[bytes] | None = None) -> str:
    """The text of a file that the keeper is about to write."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if (place / name).exists():
            return (place / name).read_text()
        if (place / "failed").exists() or (keeper and keeper.poll() is not None):
            break
        time.sleep(0.01)
    raise DevstackError((place / "log").read_text() or "the test servers' keeper does not answer")


def _announce(place: Path, name: str, text: str = "") -> None:
    """Write a file in one step: a reader sees all of it or nothing."""
    half = place / f"{name}.half"
    half.touch(mode=0o600)
    half.write_text(text)
    half.rename(place / name)


def keep(place: Path) -> int:
    """The keeper: announce addresses, start the servers when wanted, remove everything when the parent is gone."""
    leader = os.getppid()

    def needed() -> bool:
        return os.getppid() == leader and not (place / "over").exists()

    stack = None
    try:
        stack = Stack(place / "state", durable=False)
        _announce(place, "addresses", "\n".join(stack.urls))
        started = False
        while needed():
            if not started and (place / "wanted").exists():
                stack.start()
                started = True
                _announce(place, "ready")
            time.sleep(0.02 if not started else 0.3)
    except DevstackError as error:
        print(error, flush=True)
        _announce(place, "failed")
        while needed():  # the log stays readable for whoever asks
            time.sleep(0.3)
    finally:
        if stack:
            stack.discard()
        shutil.rmtree(place, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(keep(Path(sys.argv[1])))
