"""Start programs that cannot outlive us, as an unprivileged user when we are root."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

TIED = Path(__file__).with_name("tied.py")
STRANGERS = ("postgres", "nobody")  # whom root becomes to run a database, the first that exists


class DevstackError(Exception):
    """The stack cannot run; the text says what to do."""


class Person(NamedTuple):
    """An operating-system user."""

    name: str
    uid: int
    gid: int


def stand_in() -> Person | None:
    """The unprivileged user that root runs servers as; None when we are not root and stay who we are."""
    if os.geteuid() != 0:
        return None
    for name in STRANGERS:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid:
            return Person(name, found.pw_uid, found.pw_gid)
    raise DevstackError(
        f"PostgreSQL refuses to run as root and none of the users {STRANGERS} exists: create one."
    )


def tied_command(
    command: Sequence[str | Path], person: Person | None = None, on_death: signal.Signals = signal.SIGTERM
) -> list[str]:
    """The command wrapped so that the kernel sends it `on_death` when this process ends, however it ends."""
    user = [str(person.uid), str(person.gid)] if person else []
    own = [sys.executable, "-I", "-S", str(TIED), str(os.getpid()), str(int(on_death)), *user, "--"]
    return own + [str(word) for word in command]


def clean_environment() -> dict[str, str]:
    """A small fixed environment for servers: no PG* variables or libraries of the caller leak in."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
        "LC_ALL": "C.UTF-8",
        "HOME": "/",
    }


def start(
    command: Sequence[str | Path],
    log: IO[bytes],
    person: Person | None = None,
    on_death: signal.Signals = signal.SIGTERM,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server in its own session (Ctrl-C in the terminal is ours to handle), its output in `log`."""
    return subprocess.Popen(
        tied_command(command, person, on_death),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd="/",
        env=environment or clean_environment(),
        start_new_session=True,
    )


def run(command: Sequence[str | Path], person: Person | None = None) -> str:
    """Run a program to its end as `person`; returns its output. Raises DevstackError with that output."""
    done = subprocess.run(
        tied_command(command, person),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        env=clean_environment(),
        text=True,
    )
    if done.returncode:
        raise DevstackError(f"{Path(command[0]).name} ended with {done.returncode}:\n{done.stdout.strip()}")
    return done.stdout


def can_run(command: Sequence[str | Path], person: Person | None = None) -> bool:
    """Whether that user can execute the program where it lies (a venv below /root is closed to others)."""
    try:
        run(command, person)
    except DevstackError:
        return False
    return True
