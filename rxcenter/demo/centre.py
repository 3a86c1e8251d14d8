"""The centre's own processes for a demo or a benchmark: web, relay, worker and notifier, as in production, on one machine."""

import contextlib
import http.client
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from rxcenter import serving
from rxcenter.demo.bootstrap import OWN_DATABASE
from rxcenter.devstack import processes

READY_SECONDS = 90.0
HOST = "127.0.0.1"
_PROCESSES = ("web", "relay", "worker", "notifier")


class NotReady(Exception):
    """The processes did not come up; says where their log is."""


def prepare_database(*, empty: bool) -> None:
    """Bring the schema to this version. `empty` starts afresh, but only in a database that is the demo's own."""
    if empty and os.environ.get(OWN_DATABASE) == "1":
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    call_command("migrate", verbosity=0, interactive=False)


def free_port(wanted: int | None) -> int:
    """`wanted` when it is free, else OSError; without a wish, 8000 or the next free one."""
    if wanted is not None:
        return _bound(wanted)
    for port in range(8000, 8100):
        with contextlib.suppress(OSError):
            return _bound(port)
    raise OSError("no free port between 8000 and 8099; name one with --port")


def _bound(port: int) -> int:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind((HOST, port))
    return port


@contextlib.contextmanager
def running(port: int, log: Path, *, only: tuple[str, ...] = _PROCESSES) -> Iterator[str]:
    """The processes for the length of a block; yields the address once they are ready. Their output goes to `log`."""
    environment = serving.filled_in({**os.environ, "RXCENTER_PORT": str(port), "RXCENTER_HOST": HOST})
    wanted = [p for p in serving.processes(environment) if p.name in only]
    connection.close()  # a forked or waiting demo holds no connection open
    with processes.running(wanted, environment, processes.to_file(log)):
        _wait(port, log)
        yield f"http://{HOST}:{port}"


def _wait(port: int, log: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    answer = "nobody answers"
    while time.monotonic() < end:
        with contextlib.suppress(OSError, http.client.HTTPException):
            page = http.client.HTTPConnection(HOST, port, timeout=5)
            page.request("GET", "/readyz")
            response = page.getresponse()
            answer = response.read().decode("utf-8", "replace")[:500]
            page.close()
            if response.status == 200:
                return
        time.sleep(0.2)
    raise NotReady(f"the web process is not ready after {READY_SECONDS:.0f} s ({answer}); its log: {log}")


def wait_for_jobs(kinds: tuple[str, ...], seconds: float) -> bool:
    """Until no job of these kinds is due or running; False when the time is up first."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT count(*) FROM jobs_job WHERE kind = ANY(%s)
                AND (state = 'running' OR (state = 'due' AND due_at <= now()))""",
                [list(kinds)],
            )
            if cursor.fetchone()[0] == 0:
                return True
        time.sleep(0.2)
    return False
