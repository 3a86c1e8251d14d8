"""The private stack: PostgreSQL and Redis together, planned first, started when wanted, gone with its owner."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from rxcenter.devstack import launching, places, postgres, valkey


class Urls(NamedTuple):
    """Where the two servers are, as DATABASE_URL and REDIS_URL spell it."""

    database_url: str
    redis_url: str

    def environment(self) -> dict[str, str]:
        """The two variables for a child process."""
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}


class Stack:
    """Servers for one state directory. What `given` (the environment) already names is used and never touched.

    `urls` is known from the start; `start()` makes it true. `durable=False` is for tests: a crash of the machine
    may lose data, a crash of the programs may not.
    """

    def __init__(self, state_dir: Path, *, durable: bool) -> None:
        self.base: Path | None = None
        self.claim: IO[str] | None = None
        self.sockets: Path | None = None
        self.cluster: postgres.Cluster | None = None
        self.server: valkey.Server | None = None
        database_url, redis_url = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
        if not (database_url and redis_url):
            person = launching.stand_in()
            self.base = base = places.base_directory(state_dir, person)
        if not database_url:
            self.sockets = places.socket_directory(base, person)
            self.cluster = postgres.Cluster(base, self.sockets, person, durable=durable)
            database_url = postgres.url(self.sockets)
        if not redis_url:
            self.server = valkey.Server(base, person, durable=durable)
            redis_url = self.server.url
        self.urls = Urls(database_url, redis_url)

    def start(self) -> Urls:
        """Start what is ours; raises DevstackError (and leaves nothing running) when that fails."""
        self._claim()
        try:
            if self.cluster:
                self.cluster.start()
            if self.server:
                self.server.start()
        except BaseException:
            self.stop()
            raise
        return self.urls

    def stop(self) -> None:
        """Stop what is ours. Data stays."""
        if self.server:
            self.server.stop()
        if self.cluster:
            self.cluster.stop_quietly()
        if self.claim:
            self.claim.close()
            self.claim = None

    def discard(self) -> None:
        """Stop what is ours and remove its data; raises DevstackError while another owner's servers run on it."""
        self.stop()
        self._claim()
        if self.cluster:
            self.cluster.check_free()
        for place in (self.sockets, self.base):
            if place:
                shutil.rmtree(place, ignore_errors=True)
        self.stop()

    def _claim(self) -> None:
        """Hold the directory for this process; the kernel lets go of it when the process ends, however it ends."""
        if self.base is None:
            return
        self.claim = (self.base / "claim").open("w")
        try:
            fcntl.flock(self.claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.claim.close()
            self.claim = None
            raise launching.DevstackError(
                f"Another demo or test run uses {self.base}: stop it, or choose another RXCENTER_STATE_DIR."
            ) from None


@contextlib.contextmanager
def running(state_dir: Path, *, durable: bool = True) -> Iterator[Urls]:
    """PostgreSQL and Redis for the length of a block. They also end if this process is killed.

    Raises DevstackError with what to do when a server is missing or does not start.
    """
    stack = Stack(Path(state_dir), durable=durable)
    urls = stack.start()
    try:
        yield urls
    finally:
        stack.stop()
