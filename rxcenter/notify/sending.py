"""Posts messages to one receiver: to an address that was judged, TLS against its name, no redirects, no proxies, and
bounds on time and size. Nothing of an answer but its status is kept: a webhook is no way to read a network."""

import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import SplitResult

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from rxcenter.notify import addresses, messages
from rxcenter.notify.addresses import Approved, Forbidden
from rxcenter.notify.messages import Message
from rxcenter.notify.schedule import DOWN_AFTER

CONNECT_SECONDS, READ_SECONDS, REQUEST_SECONDS = 3.0, 5.0, 8.0
RUN_SECONDS = 15.0  # for all messages of one run; well inside a job's lease
MOST_ANSWER_BYTES = 16 * 1024
AGENT = "rxcenter-webhooks/1"


class Outcome(NamedTuple):
    """What became of one attempt. `reason` is a code: ok, http_500, timeout, tls, forbidden_address, …"""

    ok: bool
    reason: str
    status: int | None = None
    ms: int = 0
    retry_after: float | None = None  # seconds, as the receiver asked


@dataclass(frozen=True, slots=True)
class Errand:
    """One run to one endpoint: what to send, signed with which keys, under which rules."""

    url: str
    institution: str
    keys: Sequence[bytes]
    messages: Sequence[Message]
    approved: Sequence[Approved]
    at: datetime
    authorities: str | None = None  # a file of CA certificates besides the system's


def run(errand: Errand) -> list[tuple[Message, Outcome]]:
    """Send in order; after a failure the rest of that prescription is left out, after three in a row all is.

    Returns what was attempted, in order. Never raises for what a receiver does.
    """
    began, in_a_row = monotonic(), 0
    done: list[tuple[Message, Outcome]] = []
    failed: set[Any] = set()
    with contextlib.ExitStack() as stack:
        post = _poster(errand, stack)
        for message in errand.messages:
            if message.subject in failed:
                continue
            now = errand.at + timedelta(seconds=monotonic() - began)
            body = message.body()
            outcome = post(body, messages.headers(message.id, body, errand.keys, now))
            done.append((message, outcome))
            in_a_row = 0 if outcome.ok else in_a_row + 1
            if not outcome.ok:
                failed.add(message.subject)
            if in_a_row >= DOWN_AFTER or outcome.retry_after or outcome.status == 410:
                break
            if monotonic() - began > RUN_SECONDS:
                break
    return done


Post = Callable[[bytes, dict[str, str]], Outcome]


def _poster(errand: Errand, stack: contextlib.ExitStack) -> Post:
    """How to post to this receiver; where it may not be reached at all, a way that says so."""
    try:
        parts = addresses.taken_apart(errand.url)
        found = addresses.checked(parts, errand.institution, errand.approved)
    except Forbidden as refusal:
        reason = str(refusal)
        return lambda body, headers: Outcome(False, reason)
    except OSError:
        return lambda body, headers: Outcome(False, "no_address")
    pools = [_pool(parts, address, errand.authorities) for address in found[:3]]
    for pool in pools:
        stack.callback(pool.close)
    return lambda body, headers: _first_that_connects(pools, parts, body, headers)


def _first_that_connects(
    pools: Iterable[urllib3.HTTPConnectionPool], parts: SplitResult, body: bytes, headers: dict[str, str]
) -> Outcome:
    outcome = Outcome(False, "no_address")
    for pool in pools:
        outcome = _post(pool, parts, body, headers)
        if outcome.reason not in ("refused", "unreachable"):
            break
    return outcome


def _post(
    pool: urllib3.HTTPConnectionPool, parts: SplitResult, body: bytes, headers: dict[str, str]
) -> Outcome:
    began = monotonic()
    watch = Watch(REQUEST_SECONDS)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with watch:
            answer = pool.urlopen(
                "POST",
                path,
                body=body,
                headers={"Host": _host(parts), "Content-Type": "application/json", "User-Agent": AGENT, **headers},
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
            )  # fmt: skip
            answer.read(MOST_ANSWER_BYTES)
            if answer.length_remaining == 0:
                answer.release_conn()
            else:  # longer than anybody needs, or of unknown length: not read to its end
                answer.close()
    except Exception as error:  # noqa: BLE001 - whatever a receiver's bytes do to a parser is a failed attempt
        reason = "too_slow" if watch.rang else _reason(error)
        return Outcome(False, reason, ms=_since(began))
    if watch.rang:  # cut off in its headers, an answer can look complete
        return Outcome(False, "too_slow", ms=_since(began))
    asked = _seconds(answer.headers.get("Retry-After")) if answer.status in (429, 503) else None
    ok = 200 <= answer.status < 300
    reason = "ok" if ok else "redirect" if 300 <= answer.status < 400 else f"http_{answer.status}"
    return Outcome(ok, reason, answer.status, _since(began), asked)


def _pool(parts: SplitResult, address: str, authorities: str | None) -> urllib3.HTTPConnectionPool:
    """A pool that connects to this address only; certificates are checked against the name."""
    port = parts.port or addresses.PORTS[parts.scheme]
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    if parts.scheme == "http":
        pool = urllib3.HTTPConnectionPool(address, port, timeout=timeout, maxsize=1)
        pool.ConnectionCls = _Watched
        return pool
    secure = urllib3.HTTPSConnectionPool(
        address,
        port,
        timeout=timeout,
        maxsize=1,
        ssl_context=_trusting(authorities),
        server_hostname=parts.hostname,
    )
    secure.ConnectionCls = _WatchedTLS
    return secure


@cache
def _trusting(authorities: str | None) -> ssl.SSLContext:
    """Checks certificate and name; trusts the system's authorities and those of the file. Reading them takes a while."""
    context = ssl.create_default_context()
    if authorities:
        context.load_verify_locations(authorities)
    return context


class Watch:
    """Ends a request that takes too long as a whole, however steadily its bytes drip."""

    now = threading.local()

    def __init__(self, seconds: float) -> None:
        self.rang = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self.now.watch = self
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self.now.watch = None
        for held in self._sockets:
            held.close()

    def over(self, made: socket.socket) -> None:
        """Watch a socket through a second handle: TLS takes the first one for itself."""
        handle = socket.socket(fileno=os.dup(made.fileno()))
        self._sockets.append(handle)
        if self.rang:
            self._ring()

    def _ring(self) -> None:
        self.rang = True
        for held in self._sockets:
            with contextlib.suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)


class _Watched(HTTPConnection):
    def request(self, *words: Any, **more: Any) -> None:
        _watch_again(self)
        super().request(*words, **more)

    def _new_conn(self) -> socket.socket:
        return _watched(_connected(self))


class _WatchedTLS(HTTPSConnection):
    def request(self, *words: Any, **more: Any) -> None:
        _watch_again(self)
        super().request(*words, **more)

    def _new_conn(self) -> socket.socket:
        return _watched(_connected(self))


def _connected(connection: HTTPConnection) -> socket.socket:
    """Connect to the judged address itself; urllib3 would ask the resolver once more, even for a bare address."""
    made = socket.socket(socket.AF_INET6 if ":" in connection.host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.settimeout(CONNECT_SECONDS)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.connect((connection.host, connection.port))
    except TimeoutError as error:
        made.close()
        raise ConnectTimeoutError(connection, "no answer") from error
    except OSError as error:
        made.close()
        raise NewConnectionError(connection, str(error)) from error
    return made


def _watch_again(connection: HTTPConnection) -> None:
    """A connection that is used once more is watched by the present request's watch."""
    made = getattr(connection, "sock", None)
    if made is not None:
        _watched(made)


def _watched(made: socket.socket) -> socket.socket:
    Watch.now.watch.over(made)
    return made


def _host(parts: SplitResult) -> str:
    assert parts.hostname
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{name}:{parts.port}" if parts.port else name


REASONS: tuple[tuple[type[Exception], str], ...] = (
    (NewConnectionError, "refused"),  # first: it is a ConnectTimeoutError to urllib3
    (ConnectTimeoutError, "unreachable"),
    (urllib3.exceptions.TimeoutError, "timeout"),
    (urllib3.exceptions.SSLError, "tls"),
    (ssl.SSLError, "tls"),
    (TimeoutError, "timeout"),
)


def _reason(error: Exception) -> str:
    return next((reason for kind, reason in REASONS if isinstance(error, kind)), "broken_answer")


def _seconds(text: str | None) -> float | None:
    """Retry-After in whole seconds; a date there is read as nothing."""
    return float(text) if text and text.isascii() and text.isdigit() and len(text) < 8 else None


def _since(began: float) -> int:
    return int((monotonic() - began) * 1000)
