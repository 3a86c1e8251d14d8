"""One private PostgreSQL cluster on a Unix socket: made once, started and stopped at will."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from rxcenter.devstack import launching, places
from rxcenter.devstack.binaries import Postgres, find_postgres
from rxcenter.devstack.launching import DevstackError, Person

USER = DATABASE = "rxcenter"
SETTINGS = {
    "listen_addresses": "",  # no TCP: who cannot enter the socket's directory cannot connect
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "max_connections": "120",
    "jit": "off",
    "password_encryption": "scram-sha-256",
}
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}  # tests only
START_SECONDS = 60
STOP_SECONDS = 30
PATIENCE_SECONDS = 10


def url(sockets: Path) -> str:
    """DATABASE_URL of the cluster whose socket lies in `sockets`."""
    return f"postgresql://{USER}@/{DATABASE}?host={quote(str(sockets), safe='/')}"


class Cluster:
    """A cluster below `base`, reached through `sockets`, run by `person` (None: by us)."""

    def __init__(self, base: Path, sockets: Path, person: Person | None, *, durable: bool) -> None:
        self.base, self.sockets, self.person, self.durable = base, sockets, person, durable
        self.process: subprocess.Popen[bytes] | None = None
        self.log = base / "postgres.log"

    def start(self) -> None:
        """Make the cluster if it is new, start it and wait until it takes connections; raises DevstackError."""
        found = find_postgres()
        programs = self._programs(found)
        data = self.base / f"postgres-{found.major}"
        if not data.exists():
            self._make(programs, data)
        clear_stale_lock(data)
        settings = SETTINGS | ({} if self.durable else CARELESS)
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command: list[str | Path] = [
            programs / "postgres",
            "-D",
            str(data),
            "-k",
            str(self.sockets),
            *options,
        ]
        with self.log.open("ab") as log:
            self.process = launching.start(command, log, self.person, signal.SIGINT)
        self._wait_until_ready(data)
        self._make_database(programs)

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, the data is left clean."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(STOP_SECONDS)
        self.process = None

    def _programs(self, found: Postgres) -> Path:
        """The bin directory as `person` can execute it: in place, else copied out of a closed directory."""
        if launching.can_run([found.bin / "postgres", "--version"], self.person):
            return found.bin
        return places.reachable_copy(found.bin.parent, self.base) / "bin"

    def _make(self, programs: Path, data: Path) -> None:
        """Make the cluster beside its place and move it there: a cut leaves no half-made one behind."""
        half = data.with_name(data.name + ".half")
        shutil.rmtree(half, ignore_errors=True)
        places.owned_directory(half, self.person)
        words = ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", f"--username={USER}"]
        if not self.durable:
            words.append("--no-sync")
        launching.run([programs / "initdb", "-D", half, *words], self.person)
        half.rename(data)

    def _wait_until_ready(self, data: Path) -> None:
        assert self.process
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            if is_ready(data, self.process.pid):
                return
            time.sleep(0.02)
        last = self.log.read_text(errors="replace").splitlines()[-8:]
        self.stop_quietly()
        raise DevstackError("PostgreSQL did not start; its log ends:\n  " + "\n  ".join(last))

    def check_free(self) -> None:
        """Raise DevstackError while a server of another owner runs on this data."""
        for data in self.base.glob("postgres-*"):
            clear_stale_lock(data)

    def stop_quietly(self) -> None:
        """Stop what may already be gone."""
        if self.process and self.process.poll() is None:
            self.stop()
        self.process = None

    def _make_database(self, programs: Path) -> None:
        psql = [str(programs / "psql"), "-XqAt", "-h", str(self.sockets), "-U", USER, "-d", "postgres", "-c"]
        wanted = f"SELECT count(*) FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608  our own word
        if launching.run([*psql, wanted], self.person).strip() == "0":
            launching.run([*psql, f"CREATE DATABASE {DATABASE}"], self.person)


def is_ready(data: Path, pid: int) -> bool:
    """Whether the lock file, written by this very process, says that connections are taken."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def clear_stale_lock(data: Path) -> None:
    """After a power cut the lock file may name a process id that another program has by now: remove it then.

    A postgres that really runs on this data directory is somebody's: raises DevstackError that names it.
    """
    lock = data / "postmaster.pid"
    try:
        pid = int(lock.read_text().splitlines()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        lock.unlink(missing_ok=True)
        return
    except (ValueError, IndexError):
        lock.unlink()
        return
    if str(data).encode() in command.split(b"\0"):
        _wait_for_end(pid, data)
    lock.unlink(missing_ok=True)


def _wait_for_end(pid: int, data: Path) -> None:
    """A server whose owner has just died is shutting down: give it a moment before calling it somebody's."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.1)
    raise DevstackError(
        f"Process {pid} already runs PostgreSQL on {data}: stop the demo or test run it belongs to,"
        " or choose another RXCENTER_STATE_DIR."
    )
