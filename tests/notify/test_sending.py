"""What a sender does on the wire: it connects where it was allowed to, checks names, and lets nobody hold it."""

import datetime as dt
import socket
import ssl
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rxcenter.notify import sending
from tests.notify.conftest import NOON
from tests.notify.net import answers, network
from tests.notify.receiving import Receiver
from tests.notify.test_addresses import PRIVATE, SPELT


def errand(url, approved=(), authorities=None):
    from uuid import uuid4

    from rxcenter.notify.messages import Message

    message = Message(uuid4(), 1, uuid4(), 1, "order.created", NOON)
    return sending.Errand(url, "H0001", [b"k" * 32], [message], approved, NOON, authorities)


def connects(monkeypatch):
    """Every address that a connection is tried to."""
    tried = []
    real = socket.socket.connect

    def connect(self, address):
        tried.append(address[0])
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


@pytest.mark.parametrize("host", [*SPELT, *(f"[{t}]" if ":" in t else t for t in PRIVATE)])
def test_nothing_is_connected_to_for_a_forbidden_address(monkeypatch, host):
    tried = connects(monkeypatch)
    [(_message, outcome)] = sending.run(errand(f"https://{host}/"))
    assert outcome.reason in ("forbidden_address", "no_address")
    assert tried == []


def test_a_name_that_changes_its_answer_is_not_asked_again(monkeypatch, receiver):
    """DNS rebinding: good for the check, bad a moment later. The checked address is what is connected to."""
    asked = answers(monkeypatch, ["127.0.0.1"], ["127.0.0.9"])
    tried = connects(monkeypatch)
    url = f"http://receiver.example:{receiver.port}/x"
    [(_message, outcome)] = sending.run(errand(url, [network("127.0.0.1/32", http=True)]))
    assert outcome.ok
    assert asked == ["receiver.example"]
    assert tried == ["127.0.0.1"]
    assert receiver.got[0].headers["host"] == f"receiver.example:{receiver.port}"


def test_proxies_of_the_environment_are_not_used(monkeypatch, receiver, other_receiver):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{other_receiver.port}")
    assert sending.run(errand(receiver.url, [network("127.0.0.0/8", http=True)]))[0][1].ok
    assert len(receiver.got) == 1
    assert other_receiver.got == []


def raw_server(talk):
    """A listening socket whose first visitor is handed to `talk`."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        try:
            while True:
                visitor, _ = listening.accept()
                threading.Thread(target=talk, args=(visitor,), daemon=True).start()
        except OSError:
            pass

    threading.Thread(target=serve, daemon=True).start()
    return listening


def drip(visitor):
    try:
        visitor.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            visitor.sendall(b"x")
            time.sleep(0.05)
    except OSError:
        pass


def endless(visitor):
    try:
        visitor.recv(4096)
        visitor.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        while True:
            visitor.sendall(b"x" * 65536)
    except OSError:
        pass


def nonsense(visitor):
    visitor.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" + b"\x00" * 100)
    visitor.close()


def silence(visitor):
    time.sleep(5)
    visitor.close()


PATIENCE = 4.5  # seconds: less than `silence` and `drip` hold on, so that it was the sender who ended it


@pytest.mark.parametrize(
    ("talk", "reasons"), [(drip, {"too_slow"}), (silence, {"too_slow"}), (nonsense, {"broken_answer"})]
)
def test_a_receiver_cannot_hold_the_sender(monkeypatch, talk, reasons):
    monkeypatch.setattr(sending, "REQUEST_SECONDS", 0.6)
    listening = raw_server(talk)
    began = time.monotonic()
    [(_m, outcome)] = sending.run(
        errand(f"http://127.0.0.1:{listening.getsockname()[1]}/", [network("127.0.0.0/8", http=True)])
    )
    listening.close()
    assert outcome.reason in reasons
    assert time.monotonic() - began < PATIENCE


def test_an_endless_answer_is_not_read(monkeypatch):
    listening = raw_server(endless)
    began = time.monotonic()
    [(_m, outcome)] = sending.run(
        errand(f"http://127.0.0.1:{listening.getsockname()[1]}/", [network("127.0.0.0/8", http=True)])
    )
    listening.close()
    assert outcome.ok
    assert time.monotonic() - began < PATIENCE


def certificate(directory, name):
    """A self-signed certificate for a name: (its file, a server's TLS context)."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(named).issuer_name(named).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file, key_file = directory / "cert.pem", directory / "key.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key_file)
    return str(file), context


def test_tls_is_checked_against_the_name_though_the_address_is_connected_to(monkeypatch, tmp_path):
    authorities, context = certificate(tmp_path, "receiver.example")
    secure = Receiver()
    secure.server.socket = context.wrap_socket(secure.server.socket, server_side=True)
    threading.Thread(target=secure.server.serve_forever, daemon=True).start()
    answers(monkeypatch, ["127.0.0.1"])
    ours = [network("127.0.0.0/8")]

    def reason(host, file):
        return sending.run(errand(f"https://{host}:{secure.port}/", ours, file))[0][1].reason

    assert reason("receiver.example", authorities) == "ok"
    assert reason("other.example", authorities) == "tls"
    assert reason("receiver.example", None) == "tls"
    assert [got.headers["host"] for got in secure.got] == [f"receiver.example:{secure.port}"]
    secure.server.shutdown()
    secure.server.server_close()
