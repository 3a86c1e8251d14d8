"""A cheap HTTP client: requests are built beforehand, connections are kept open, answers are hardly looked at.

It shares the machine with what it measures, so every microsecond of it would be counted against the centre.
"""

import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import get_context
from typing import NamedTuple
from urllib.parse import urlsplit

PATH = "/api/v1/prescriptions"


class Sent(NamedTuple):
    """One answered request: when it began (monotonic seconds), how long it took, status, and the answer's body."""

    began: float
    seconds: float
    status: int
    body: bytes


def request(
    url: str, key: str, body: bytes, *, path: str = PATH, headers: Mapping[str, str] | None = None
) -> bytes:
    """The bytes of one POST."""
    more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\n{more}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection:
    """One kept-open connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def send(self, raw: bytes) -> Sent:
        """Send one request and read its answer."""
        began = time.monotonic()
        self._socket.sendall(raw)
        status, body = self._answer()
        return Sent(began, time.monotonic() - began, status, body)

    def _answer(self) -> tuple[int, bytes]:
        data = self._rest
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head, data = data[:end].lower(), data[end + 4 :]
        at = head.find(b"content-length:")
        body, self._rest = (
            self._chunked(data) if at < 0 else self._measured(data, int(head[at + 15 :].split(b"\r\n", 1)[0]))
        )
        return int(head[9:12]), body

    def _measured(self, data: bytes, length: int) -> tuple[bytes, bytes]:
        while len(data) < length:
            data += self._more()
        return data[:length], data[length:]

    def _chunked(self, data: bytes) -> tuple[bytes, bytes]:
        """A body in chunks, each after its length in hexadecimal; the last is empty."""
        body = b""
        while True:
            while (end := data.find(b"\r\n")) < 0:
                data += self._more()
            size = int(data[:end].split(b";")[0], 16)
            chunk, data = self._measured(data[end + 2 :], size + 2)
            if size == 0:
                return body, data
            body += chunk[:-2]

    def _more(self) -> bytes:
        chunk = self._socket.recv(65536)
        if not chunk:
            raise ConnectionError("the server closed a connection in the middle of an answer")
        return chunk

    def close(self) -> None:
        self._socket.close()


def fire(url: str, requests: Sequence[bytes], connections: int) -> list[Sent]:
    """Send all as fast as so many connections (threads of this process) can."""
    sent: list[list[Sent]] = [[] for _ in range(connections)]

    def run(n: int) -> None:
        line = Connection(url)
        for raw in requests[n::connections]:
            sent[n].append(line.send(raw))
        line.close()

    _together([lambda n=n: run(n) for n in range(connections)])  # type: ignore[misc]
    return [one for some in sent for one in some]


class Crew:
    """The same from several processes, since one Python process cannot drive the centre to its limit."""

    def __init__(self, processes: int = 2) -> None:
        self._count = processes
        self._pool = get_context("spawn").Pool(processes)
        self._pool.map(len, [""] * processes * 4)  # started before anything is measured

    def fire(self, url: str, requests: Sequence[bytes], connections: int) -> tuple[list[Sent], float]:
        """(answers, requests per second), the rate summed over the processes' own spans."""
        each = max(1, connections // self._count)
        parts = [(url, requests[n :: self._count], each) for n in range(self._count)]
        found = self._pool.starmap(fire, parts)
        return [one for some in found for one in some], sum(rate(some) for some in found)

    def close(self) -> None:
        self._pool.terminate()
        self._pool.join()


def rate(sent: Sequence[Sent]) -> float:
    """Answers per second, from the first request to the last answer."""
    return len(sent) / (max(s.began + s.seconds for s in sent) - min(s.began for s in sent))


def fire_at_rate(url: str, requests: Sequence[bytes], per_second: float, connections: int) -> list[Sent]:
    """Send request i at start + i / rate, whatever became of the others; `began` is when it was due, not when it
    could be sent, so that waiting for a free connection counts."""
    start = time.monotonic() + 0.2
    sent: list[list[Sent]] = [[] for _ in range(connections)]

    def run(n: int) -> None:
        line = Connection(url)
        for i in range(n, len(requests), connections):
            due = start + i / per_second
            time.sleep(max(0.0, due - time.monotonic()))
            one = line.send(requests[i])
            sent[n].append(one._replace(began=due, seconds=one.began + one.seconds - due))
        line.close()

    _together([lambda n=n: run(n) for n in range(connections)])  # type: ignore[misc]
    return [one for some in sent for one in some]


def _together(runs: Sequence[Callable[[], None]]) -> None:
    errors: list[Exception] = []

    def guarded(run: Callable[[], None]) -> None:
        try:
            run()
        except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
