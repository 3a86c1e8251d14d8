"""The benchmarks' own arithmetic, and one short run of each part that needs no server. Nothing is timed here."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from audit_rules import document as rx
from bench import audits, documents, figures, floor, wire
from rxcenter.demo import register
from rxcenter.ledger.models import Event, StreamHead
from rxcenter.prescriptions.models import Prescription
from rxcenter.prescriptions.receiving import receive
from tests import people


def test_percentiles_are_nearest_rank():
    values = [float(n) for n in range(100, 0, -1)]
    assert [figures.percentile(values, s) for s in (0.0, 0.5, 0.99, 1.0)] == [1, 50, 99, 100]
    assert figures.percentile([7.0], 0.99) == 7


def test_fresh_documents_parse_and_never_share_a_number():
    material = documents.generated(60)
    fresh = [material.fresh() for _ in range(150)]
    found = [rx.parse(body) for _, body in fresh]
    assert len({d.number for d in found}) == 150
    assert [d.institution.code for d in found] == [code for code, _ in fresh]
    assert {d.institution.code for d in found} == set(material.templates)
    code = next(iter(material.templates))
    assert {material.fresh(code)[0] for _ in range(5)} == {code}


def test_a_file_serves_as_well(tmp_path):
    path = tmp_path / "day.jsonl"
    times = ("2026-11-20T10:00:00+08:00", "2026-11-19T10:00:00+08:00", "2026-11-21T10:00:00+08:00")
    path.write_text(
        "\n".join(json.dumps(people.document(number=f"N{n}", issued_at=t)) for n, t in enumerate(times))
    )
    material = documents.from_file(path, 2)
    assert sorted(json.loads(b)["number"] for b in material.bodies) == ["N0", "N2"]
    assert [json.loads(b)["number"] for b in material.earlier] == ["N1"]


def test_the_engine_is_measured_with_and_without_history():
    material = documents.generated(60)
    result = audits.measure(material, rounds=1)
    for name in ("parsed_per_s", "audits_per_s", "audits_with_history_per_s"):
        assert len(result[name]["rounds"]) == 1
        assert result[name]["median"] > 0
    assert result["earlier_documents_per_audit"] > 0


class _Answers(BaseHTTPRequestHandler):
    """201 with a length, then in chunks, by turns."""

    protocol_version = "HTTP/1.1"
    turn = 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).turn += 1
        self.send_response(201)
        if self.turn % 2:
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in (body[:2], body[2:]):
            self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *args):
        pass


@pytest.fixture
def url():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_client_reads_whole_answers_of_both_kinds(url):
    requests = [wire.request(url, "key", f"body {n}".encode()) for n in range(20)]
    sent = wire.fire(url, requests, 3)
    assert sorted(s.body for s in sent) == sorted(f"body {n}".encode() for n in range(20))
    assert {s.status for s in sent} == {201}
    assert wire.rate(sent) > 0


def test_a_fixed_rate_counts_from_when_a_request_was_due(url):
    requests = [wire.request(url, "key", b"0123456789") for _ in range(10)]
    sent = sorted(wire.fire_at_rate(url, requests, 200.0, 2))
    gaps = [b.began - a.began for a, b in pairwise(sent)]
    assert gaps == [pytest.approx(0.005)] * 9
    assert all(s.seconds > 0 for s in sent)


@pytest.mark.django_db(transaction=True)
def test_the_floor_writes_the_rows_that_a_post_becomes(tmp_path, process_environment, monkeypatch):
    pgbench = floor.program()
    if pgbench is None:
        pytest.skip("there is no pgbench on this machine")
    north = people.north()
    receive([people.posted(north)], at=timezone.now())
    [(code, document)] = _stored()
    floor.prepare(2)
    monkeypatch.setenv("DATABASE_URL", process_environment["DATABASE_URL"])
    speed = floor.measure(pgbench, code, document, tmp_path, seconds=1, clients=2, streams=2)
    assert speed > 0
    written = Prescription.objects.filter(number__startswith="F").count()
    assert written > 0
    assert Event.objects.filter(stream__startswith=floor.STREAM).count() == written
    assert sum(h.seq for h in StreamHead.objects.filter(stream__startswith=floor.STREAM)) == written
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM jobs_job WHERE kind = 'floor'")
        assert cursor.fetchone() == (written,)


def _stored():
    with connection.cursor() as cursor:
        cursor.execute("SELECT institution_id, document::text FROM prescriptions_prescription")
        return cursor.fetchall()


@pytest.mark.django_db
def test_every_place_of_the_material_gets_a_key():
    material = documents.generated(40)
    keys = register.load(material.places, timezone.now())
    assert set(material.templates) <= set(keys)


def test_results_are_kept_as_json(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "PLACE", tmp_path / "bench")
    path = figures.keep("intake", {"ratio": 0.5, "rounds": [1.0, 2.0]})
    assert json.loads(Path(path).read_text()) == {"ratio": 0.5, "rounds": [1.0, 2.0]}
    assert figures.shown({"a": {"b": [1.0, 1234.5]}, "c": "x"}) == "a:\n  b: 1, 1,234\nc: x"
