"""A hospital's receiver: a real HTTP server on the loopback interface that remembers what it was sent."""

import json
import threading
from collections.abc import Callable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from standardwebhooks.webhooks import Webhook


class Got(NamedTuple):
    """One request as it came."""

    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def type(self) -> str:
        return self.said["type"]

    @property
    def seq(self) -> int:
        return self.said["data"]["seq"]


class Receiver:
    """`answer` says with which status (and headers) a request is answered; `got` holds all, `taken` those with 2xx."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answer: Callable[[Got], int | tuple[int, dict[str, str]]] = lambda got: 204
        self.raw: bytes | None = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook?of=his"

    @property
    def taken(self) -> list[Got]:
        return [got for got in self.got if 200 <= got.status < 300]

    def verified(self, secret: str) -> list[dict[str, Any]]:
        """Everything taken, its signature checked by the reference library."""
        return [Webhook(secret).verify(got.body, got.headers) for got in self.taken]


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got = Got({k.lower(): v for k, v in self.headers.items()}, body, 0)
            said = receiver.answer(got)
            status, headers = said if isinstance(said, tuple) else (said, {})
            receiver.got.append(got._replace(status=status))
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@contextmanager
def receiving():
    """A running receiver."""
    receiver = Receiver()
    thread = threading.Thread(
        target=receiver.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
