"""A receiver of webhooks that misses nothing: Python 3.11, standard library only.

    export WEBHOOK_SECRET=whsec_…            # from POST /api/v1/webhooks; two, with a space between, while they rotate
    export RXCENTER_URL=https://rx.example.org RXCENTER_KEY=rxk_…
    python webhook_receiver.py 8443          # behind your TLS proxy

A webhook only wakes. What happened is read from the feed, dealt with, and confirmed; what is not confirmed comes back.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_SECONDS = 300
BODY_AT_MOST = 64 * 1024
wake = threading.Event()


def status_for(headers, body, secrets, now):
    """The answer's status: 401 unsigned, 403 wrong, malformed or too old, 202 taken."""
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    id_, sent, signatures = (headers.get(name, "") for name in names)
    if not (id_ and sent and signatures):
        return 401
    if not sent.isdigit() or abs(now - int(sent)) > TOLERANCE_SECONDS:
        return 403
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        digest = hmac.digest(key, f"{id_}.{sent}.".encode() + body, hashlib.sha256)
        expected = "v1," + base64.b64encode(digest).decode()
        if any(hmac.compare_digest(expected.encode(), one.encode()) for one in signatures.split()):
            return 202
    return 403


class Handler(BaseHTTPRequestHandler):
    """Verifies, wakes the reader, answers at once: the centre waits a few seconds only."""

    def do_POST(self):
        length = self.headers.get("Content-Length", "0")
        body = self.rfile.read(min(int(length), BODY_AT_MOST)) if length.isdigit() else b""
        status = status_for(self.headers, body, os.environ["WEBHOOK_SECRET"].split(), time.time())
        if status == 202:
            wake.set()
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def call(path, body=None):
    """One call to the centre; returns the answer's JSON."""
    url = os.environ["RXCENTER_URL"] + "/api/v1" + path
    headers = {"Authorization": f"Bearer {os.environ['RXCENTER_KEY']}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=30) as answer:  # noqa: S310
        return json.load(answer)


def deal_with(event):
    """Your part: look the prescription up, store what changed. It may see an event twice: compare `seq`."""
    print(event["seq"], event["type"], event["prescription"], flush=True)


def catch_up():
    """Everything that is not confirmed, in order; confirmed only after it was dealt with."""
    while events := call("/events")["events"]:
        for event in events:
            deal_with(event)
        call("/events/ack", {"after": events[-1]["seq"]})


def read_for_ever():
    """Read when woken, and every minute anyway: a missed webhook costs a minute, not an event."""
    while True:
        try:
            catch_up()
        except OSError as error:  # the centre is away: what was not confirmed comes back
            print(f"later: {error}", file=sys.stderr, flush=True)
        wake.wait(60)
        wake.clear()


if __name__ == "__main__":
    threading.Thread(target=read_for_ever, daemon=True).start()
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
