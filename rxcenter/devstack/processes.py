"""A small supervisor: named processes with prefixed logs, restarted when they crash, gone when we are.

    with processes.running([Process("web", ["granian", …]), Process("relay", […])], environment) as group:
        group.wait(stop_event)

A process is its own session, so Ctrl-C reaches only us and we stop the others in order. It is tied to us by the
kernel (see tied.py): not even `kill -9` on the supervisor leaves one behind.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rxcenter.devstack.launching import tied_command

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a restart: doubled after each crash
STEADY_SECONDS = 20.0  # a process that ran this long starts again with the first pause
ORPHAN_GRACE = 2.0


@dataclass(frozen=True)
class Process:
    """What to run. `stop_seconds`: how long it may take to finish its work after SIGTERM before it is killed."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: float = 30.0
    directory: Path | None = None  # where it runs; None: where we are


class Running:
    """One supervised process: its own thread starts it, copies its output and starts it again."""

    def __init__(
        self, process: Process, environment: Mapping[str, str], write: Callable[[str], None]
    ) -> None:
        self.process, self.environment, self.write = process, {**environment, **process.environment}, write
        self.stopping = threading.Event()
        self.child: subprocess.Popen[str] | None = None
        self.starts = 0
        self.lock = threading.Lock()  # a start and a stop never cross
        self.thread = threading.Thread(target=self._look_after, name=process.name, daemon=True)

    @property
    def pid(self) -> int | None:
        """Its process id now; None between a crash and the next start."""
        child = self.child
        return child.pid if child and child.poll() is None else None

    def _look_after(self) -> None:
        pause = FIRST_PAUSE
        while not self.stopping.is_set():
            began = time.monotonic()
            status = self._run_once()
            if self.stopping.is_set():
                break
            pause = FIRST_PAUSE if time.monotonic() - began > STEADY_SECONDS else pause
            self.write(f"{self.process.name} | ended with {status}; starts again in {pause:g} s")
            self.stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _run_once(self) -> int | None:
        """Start it and copy its lines until it ends; returns its exit status (negative: the signal)."""
        with self.lock:
            if self.stopping.is_set():
                return None
            child = self.child = subprocess.Popen(
                tied_command(self.process.command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                cwd=self.process.directory,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            self.starts += 1
        copier = threading.Thread(target=self._copy, args=(child,), daemon=True)
        copier.start()
        status = child.wait()
        kill_session(child.pid)  # children of a killed process would hold its place and its output
        copier.join(ORPHAN_GRACE)
        return status

    def _copy(self, child: subprocess.Popen[str]) -> None:
        assert child.stdout
        with child.stdout as lines:
            for line in lines:
                self.write(f"{self.process.name} | {line.rstrip()}")

    def stop(self) -> None:
        """Ask it to finish (SIGTERM); kill its whole session when it takes too long."""
        self.ask_to_stop()
        child = self.child
        if child:
            try:
                child.wait(self.process.stop_seconds)
            except subprocess.TimeoutExpired:
                self.write(f"{self.process.name} | did not stop in {self.process.stop_seconds:g} s: killed")
            kill_session(child.pid)
        self.thread.join(ORPHAN_GRACE)

    def ask_to_stop(self) -> None:
        """SIGTERM, without waiting."""
        self.stopping.set()
        with self.lock:
            if self.child and self.child.poll() is None:
                self.child.terminate()


class Group:
    """The supervised processes by name."""

    def __init__(self, members: Sequence[Running]) -> None:
        self.members = {member.process.name: member for member in members}

    def pid(self, name: str) -> int | None:
        """Process id of a member, for a health page or a test that kills it."""
        return self.members[name].pid

    def starts(self, name: str) -> int:
        """How often a member has been started so far."""
        return self.members[name].starts

    def stop(self) -> None:
        """Ask all at once, then wait for each in the order given: the door first, then those behind it."""
        for member in self.members.values():
            member.ask_to_stop()
        for member in self.members.values():
            member.stop()


def kill_session(leader: int) -> None:
    """Kill whatever is left of a session that we started; nothing left is fine."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def to_file(path: Path) -> Callable[[str], None]:
    """A writer of log lines into a file."""
    file = path.open("a", encoding="utf-8", buffering=1)
    return lambda line: print(line, file=file)


@contextlib.contextmanager
def running(
    processes: Sequence[Process],
    environment: Mapping[str, str] | None = None,
    write: Callable[[str], None] = lambda line: print(line, flush=True),
) -> Iterator[Group]:
    """The processes for the length of a block. `environment` None: ours. `write` takes one log line at a time.

    A command that does not exist shows as a crash in the log: whoever needs readiness asks the process itself.
    """
    members = [Running(one, os.environ if environment is None else environment, write) for one in processes]
    group = Group(members)
    try:
        for member in members:
            member.thread.start()
        yield group
    finally:
        group.stop()
