"""The production layout on one machine: ``scripts/serve`` runs what the Procfile lists.

Refuses to start, and says what to do, when a variable is missing, the database cannot be reached or its schema is
not this version's. The demo and the benchmarks run the same processes through `processes()`.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from string import Template

from django.core.exceptions import ImproperlyConfigured

from rxcenter import environment
from rxcenter.devstack import processes as supervisor

ROOT = Path(__file__).resolve().parents[1]
REQUIRED = (
    "DATABASE_URL",
    "REDIS_URL",
    "RXCENTER_SECRET_KEY",
    "RXCENTER_KEK",
    "RXCENTER_INDEX_KEY",
    "RXCENTER_LEDGER_KEY",
)


def defaults() -> dict[str, str]:
    """Values of the Procfile's variables that the environment leaves open."""
    cores = os.cpu_count() or 2
    return {
        "RXCENTER_HOST": "127.0.0.1",
        "RXCENTER_PORT": "8000",
        "RXCENTER_WEB_WORKERS": str(max(2, cores // 2)),
        "RXCENTER_WEB_THREADS": "16",
        "RXCENTER_WORKERS": str(max(1, cores // 2)),
        "RXCENTER_STATE_DIR": str(ROOT / "var"),
    }


def filled_in(given: Mapping[str, str]) -> dict[str, str]:
    """A complete environment for the processes: theirs finds this interpreter's programs first."""
    found = {**defaults(), **given}
    programs = str(Path(sys.executable).parent)
    found["PATH"] = f"{programs}{os.pathsep}{found.get('PATH', '/usr/bin:/bin')}"
    found["PYTHONUNBUFFERED"] = "1"
    found["PYTHONPATH"] = f"{ROOT}{os.pathsep}{found.get('PYTHONPATH', '')}".rstrip(os.pathsep)
    return found


def processes(given: Mapping[str, str]) -> list[supervisor.Process]:
    """The Procfile's processes with variables filled in from `given`; pass them to devstack's supervisor."""
    found = filled_in(given)
    listed = []
    for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines():
        name, separator, command = line.partition(": ")
        if separator and not line.startswith("#"):
            words = shlex.split(Template(command).substitute(found))
            listed.append(supervisor.Process(name, words, found, directory=ROOT))
    return listed


def manage(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a management command with this interpreter; output is kept."""
    command = [sys.executable, str(ROOT / "manage.py"), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def objection() -> str | None:
    """Why serving would be wrong now, with what to do about it; None when all is well."""
    try:
        environment.require(*REQUIRED)
    except ImproperlyConfigured as error:
        return str(error)
    checked = manage("check", "--deploy", "--fail-level", "ERROR")
    if checked.returncode:
        return f"manage.py check --deploy objects:\n{checked.stderr.strip()[-2000:]}"
    migrated = manage("migrate", "--check")
    if migrated.returncode and not migrated.stderr.strip():
        return "The database is not at this version. Back it up, then run: .venv/bin/python manage.py migrate"
    if migrated.returncode:
        return f"The database cannot be used (DATABASE_URL):\n{migrated.stderr.strip().splitlines()[-1]}"
    collected = manage("collectstatic", "--noinput", "--verbosity", "0")
    return f"Static files cannot be collected:\n{collected.stderr.strip()}" if collected.returncode else None


def main() -> int:
    """Run until SIGTERM or Ctrl-C; exit status 1 when it refuses to start."""
    found = filled_in(os.environ)
    reason = objection()
    if reason:
        print(reason, file=sys.stderr)
        return 1
    Path(found["RXCENTER_STATE_DIR"]).mkdir(parents=True, exist_ok=True)
    over = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(one, lambda *_: over.set())
    with supervisor.running(processes(os.environ), os.environ):
        print(f"serving on http://{found['RXCENTER_HOST']}:{found['RXCENTER_PORT']}/", flush=True)
        over.wait()
        print("stopping: work in hand is finished first", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
