"""One private Redis or Valkey on the loopback interface, behind a password that only its configuration holds."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from pathlib import Path

from rxcenter.devstack import launching, places
from rxcenter.devstack.binaries import RedisServer, find_redis
from rxcenter.devstack.launching import DevstackError, Person

START_SECONDS = 20
STOP_SECONDS = 10


class Server:
    """A server below `base`. Port and password are drawn at once, so that its URL is known before it runs."""

    def __init__(self, base: Path, person: Person | None, *, durable: bool) -> None:
        self.base, self.person, self.durable = base, person, durable
        self.port = places.free_port()
        self.password = secrets.token_urlsafe(18)
        self.process: subprocess.Popen[bytes] | None = None
        self.log = base / "redis.log"

    @property
    def url(self) -> str:
        """REDIS_URL of this server."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait for its PONG; raises DevstackError with the end of its log."""
        program = self._program(find_redis())
        data = places.owned_directory(self.base / "redis", self.person)
        configuration = self._configure(data)
        with self.log.open("ab") as log:
            self.process = launching.start([program, configuration], log, self.person)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if self._answers():
                return
            time.sleep(0.02)
        last = self.log.read_text(errors="replace").splitlines()[-8:]
        self.stop()
        raise DevstackError("Redis did not start; its log ends:\n  " + "\n  ".join(last))

    def stop(self) -> None:
        """Stop it, waiting for its last write."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _program(self, found: RedisServer) -> Path:
        if launching.can_run([found.program, "--version"], self.person):
            return found.program
        return places.reachable_copy(found.program.parent, self.base) / found.program.name

    def _configure(self, data: Path) -> Path:
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            f'dir "{data}"',
            'save ""',
        ]
        lines += ["appendonly yes", "appendfsync everysec"] if self.durable else ["appendonly no"]
        path = data / "server.conf"
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("\n".join(lines) + "\n")
            if self.person:
                os.fchown(file.fileno(), self.person.uid, self.person.gid)
        return path

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
                line.sendall(f"AUTH {self.password}\r\n".encode())
                line.recv(200)
                line.sendall(b"PING\r\n")
                return line.recv(200).startswith(b"+PONG")
        except OSError:
            return False
