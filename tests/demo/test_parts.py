"""The demo's parts: its own keys, its register, its browser, its poster."""

import stat
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils import timezone

from rxcenter.accounts.keys import check
from rxcenter.accounts.models import Institution
from rxcenter.demo import bootstrap, posting, register, staff
from rxcenter.demo.browsing import _Reader
from rxcenter.demo.generator.places import region
from rxcenter.demo.generator.posts import Post
from rxcenter.review import policy
from tests import people


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path):
    path = tmp_path / "keys.json"
    made = bootstrap.own_keys(path)
    assert bootstrap.own_keys(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(set(made.values())) == len(made) >= 5


def test_variables_of_the_caller_win_and_nothing_is_started_for_help(tmp_path, monkeypatch):
    given = {"RXCENTER_STATE_DIR": str(tmp_path), "RXCENTER_INDEX_KEY": "ab" * 32}
    monkeypatch.setattr(bootstrap.os, "environ", {**given, "DATABASE_URL": "postgresql://given"})
    monkeypatch.setattr(bootstrap.devstack, "running", None)  # calling it would raise
    bootstrap.prepare_environment(["--help"])
    found = bootstrap.os.environ
    assert (found["RXCENTER_INDEX_KEY"], found["DATABASE_URL"]) == ("ab" * 32, "postgresql://given")
    assert found["RXCENTER_MODE"] == "demo"
    assert len(found["RXCENTER_LEDGER_KEY"]) == 64


@pytest.mark.django_db
def test_the_register_is_loaded_and_its_keys_work():
    placers, pharmacies = region(1)
    at = timezone.now()
    keys = register.load([*placers, *pharmacies], at)
    staff.hire(staff.logins(["H0001"], ["P0001"]), "demo-password")
    assert len(keys) == 52
    client = check(keys["H0001"], at=at)
    assert client is not None
    assert (client.institution, "prescriptions" in client.scopes) == ("H0001", True)
    assert check(keys["P0001"], at=at).scopes == {"events", "webhooks", "dispense"}
    rows = policy.rows_in_force(at.date())
    assert policy.automatic(rows, setting="outpatient", institution_kind="hospital", groups=[])
    assert not policy.automatic(rows, setting="internet", institution_kind="internet_hospital", groups=[])
    again = register.load([*placers, *pharmacies], timezone.now())
    assert again["H0001"] != keys["H0001"]
    assert Institution.objects.count() == 52


@pytest.mark.django_db
def test_a_database_in_use_is_left_alone():
    people.north()
    with pytest.raises(register.NotADemo):
        register.load(region(1)[0], timezone.now())
    assert Institution.objects.count() == 1


def test_forms_are_read_as_a_browser_reads_them():
    reader = _Reader()
    reader.feed(
        '<form id="a" action="/x/decide/"><input type="hidden" name="token" value="t1">'
        '<input type="radio" name="reason-0" value="r1"><input type="radio" name="reason-0" value="r2">'
        '<select name="code"><option value="">-</option><option value="dose">d</option></select></form>'
        '<button form="a" name="verdict" value="approve">ok</button>'
    )
    [form] = reader.forms
    assert (form.action, form.fields) == ("/x/decide/", {"token": "t1"})
    assert form.choices == {"reason-0": ["r1", "r2"], "code": ["dose"]}
    assert form.buttons == {"verdict": ["approve"]}


class _Moody(BaseHTTPRequestHandler):
    """Answers 503 first, then 201; remembers what was posted."""

    seen: list[bytes] = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(body)
        status = 503 if len(self.seen) == 1 else 201
        self.send_response(status)
        answer = b'{"id": "1"}'
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


def test_a_post_is_sent_again_until_it_is_answered():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Moody)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    ticks = []
    poster = posting.Poster(f"http://127.0.0.1:{server.server_port}", {"H1": "key"}, threads=1)
    [answer] = poster.post([Post("H1", "n1", b"{}")], lambda: ticks.append(1))
    server.shutdown()
    server.server_close()
    assert (answer.status, answer.id, answer.refused, len(ticks)) == (201, "1", False, 1)
    assert len(_Moody.seen) == 2


def test_silence_is_told_apart_from_a_refusal(monkeypatch):
    monkeypatch.setattr(posting, "TRIES", 1)
    poster = posting.Poster("http://127.0.0.1:9", {"H1": "key"}, threads=1)
    [answer] = poster.post([Post("H1", "n1", b"{}")], lambda: None)
    assert (answer.status, answer.id, answer.refused) == (0, None, False)
