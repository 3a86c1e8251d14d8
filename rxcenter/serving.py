"""The production layout on one machine: ``scripts/serve`` runs what the Procfile lists.

Refuses to start, and says what to do, when a variable is missing, the database cannot be reached or its schema is
not this version's. The demo and the benchmarks run the same processes through `processes()`.
"""

from __future__ import annotations

import io
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


def look() -> str | None:
    """Run in a process of its own, so that the supervisor never loads Django: check, compare schemas, collect files.

    Returns why serving would be wrong now, with what to do about it; None when all is well.
    """
    import django
    from django.core.management import CommandError, call_command
    from django.db import Error

    try:
        environment.require(*REQUIRED)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rxcenter.settings")
        django.setup()
        call_command("check", deploy=True, fail_level="ERROR", stderr=io.StringIO())
        call_command("migrate", check_unapplied=True, skip_checks=True, verbosity=0)
        call_command("collectstatic", interactive=False, skip_checks=True, verbosity=0)
    except (ImproperlyConfigured, CommandError) as error:
        return str(error)
    except Error as error:
        return f"The database cannot be used (DATABASE_URL): {error}".strip()
    except SystemExit:  # what `migrate --check` says
        return "The database is not at this version. Back it up, then run: .venv/bin/python manage.py migrate"
    return None


def objection(given: Mapping[str, str]) -> str | None:
    """What `look()` says in a child process."""
    command = [sys.executable, "-m", "rxcenter.serving", "--look"]
    done = subprocess.run(command, env=filled_in(given), cwd=ROOT, stderr=subprocess.PIPE, text=True)
    return done.stderr.strip() if done.returncode else None


def main() -> int:
    """Run until SIGTERM or Ctrl-C; exit status 1 when it refuses to start."""
    if sys.argv[1:] == ["--look"]:
        sys.exit(look())
    found = filled_in(os.environ)
    reason = objection(os.environ)
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
