"""A hospital, pharmacies and a patient before a running server: real HTTP, the job runner, and a clock that can be moved."""

import itertools
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import requests
from django.db import connection
from django.utils import timezone

from rxcenter.jobs import queue, working
from tests.people import Place
from tests.scenarios.papers import TO_BOTH, paper

Answer = requests.Response
NUMBERS = itertools.count(1)


def slug(answer: Answer) -> str:
    """Status and problem of a refusal: "409 lease-lost"."""
    assert answer.headers["Content-Type"].startswith("application/problem+json"), answer.text
    return f"{answer.status_code} {answer.json()['type'].removeprefix('/problems/')}"


def ok(answer: Answer, status: int = 200) -> Any:
    """What a success says."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    return answer.json()


class Clock:
    """Moves the doors' clock and the job runner's together. The database's own now() stays: nothing is decided by it."""

    def __init__(self, monkeypatch: Any) -> None:
        self.ahead = timedelta()
        now, claim = timezone.now, queue.claim

        def shifted(kind: str, limit: int) -> tuple[list[queue.Work], datetime]:
            jobs, at = claim(kind, limit)
            return jobs, at + self.ahead

        monkeypatch.setattr(timezone, "now", lambda: now() + self.ahead)
        monkeypatch.setattr(queue, "claim", shifted)

    def work(self) -> None:
        """Everything that is due by now."""
        while True:
            with connection.cursor() as cursor:
                cursor.execute(
                    """UPDATE jobs_job SET due_at = now()
                    WHERE state = 'due' AND due_at > now() AND due_at <= now() + make_interval(secs => %s)""",
                    [self.ahead.total_seconds()],
                )
            if not working.drain():
                return


class Town:
    """Who is there, and what they send."""

    def __init__(self, url: str, clock: Clock, places: dict[str, Place]) -> None:
        self.url, self.clock, self.places = url, clock, places
        self.browsers: list[requests.Session] = []

    def send(
        self,
        method: str,
        who: str | None,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        token: str = "",
    ) -> Answer:
        """One request of an institution's machine; a POST gets a key of its own unless one is given."""
        headers = dict(self.places[who].headers) if who else {}
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid4()) if key is None else key
        if token:
            headers["Claim-Token"] = token
        address = f"{self.url}/api/v1{path}"
        return requests.request(method, address, json=body, headers=headers, timeout=60)

    def post(self, who: str | None, path: str, body: Any = None, **more: Any) -> Answer:
        return self.send("POST", who, path, {} if body is None else body, **more)

    def get(self, who: str | None, path: str) -> Answer:
        return self.send("GET", who, path)

    def later(self, **by: float) -> None:
        """Time passes, and what became due meanwhile is done."""
        self.clock.ahead += timedelta(**by)
        self.clock.work()

    def now(self) -> datetime:
        return timezone.now()

    def today(self) -> date:
        return timezone.localtime(self.now()).date()

    def paper(self, *items: dict[str, Any], **changes: Any) -> dict[str, Any]:
        issued = (self.now() - timedelta(minutes=1)).isoformat()
        return paper(changes.pop("number", f"S-{next(NUMBERS)}"), issued, *items, **changes)

    def prescribe(self, *items: dict[str, Any], **changes: Any) -> "Rx":
        """Posted, audited, approved and routed; offered to Oak and then Elm unless said otherwise."""
        changes.setdefault("routing", TO_BOTH)
        document = self.paper(*items, **changes)
        pk = ok(self.post("H0001", "/prescriptions", document), 201)["id"]
        self.clock.work()
        return Rx(self, pk, document["number"])

    def offers(self, who: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ok(self.get(who, "/offers"))["offers"]
        return found

    def events(self, who: str, prescription: str) -> list[dict[str, Any]]:
        """What an institution's feed says of one prescription, oldest first."""
        found: list[dict[str, Any]] = []
        after = 0
        while True:
            page = ok(self.get(who, f"/events?after={after}&limit=100"))
            if not page["events"]:
                return [e for e in found if e["prescription"] == prescription]
            found += page["events"]
            after = page["next"]

    def types(self, who: str, rx: "Rx") -> list[str]:
        return [event["type"] for event in self.events(who, rx.pk)]


class Rx:
    """A prescription that was posted."""

    def __init__(self, town: Town, pk: str, number: str) -> None:
        self.town, self.pk, self.number = town, pk, number

    def read(self) -> Any:
        """As its placer reads it."""
        return ok(self.town.get("H0001", f"/prescriptions/{self.pk}"))

    def state(self) -> tuple[str, ...]:
        """Of the prescription and of its orders."""
        seen = self.read()
        return seen["state"], *(order["state"] for order in seen["orders"])

    def order(self) -> str:
        return str(self.read()["orders"][0]["id"])

    def code(self) -> str:
        return str(ok(self.town.get("H0001", f"/prescriptions/{self.pk}/pickup"))["code"])

    def wrong_code(self) -> str:
        code = self.code()
        return f"{(int(code[0]) + 1) % 10}{code[1:]}"

    def claim(self, who: str, *, code: str | None = None, key: str | None = None) -> Answer:
        """By what was offered, or by number and code."""
        body = {"order": self.order()} if code is None else {"prescription_no": self.number, "code": code}
        return self.town.post(who, "/claims", body, key=key)

    def held(self, who: str, *, code: str | None = None) -> "Held":
        return Held(self.town, who, ok(self.claim(who, code=code), 201))

    def cancel(self, who: str = "H0001", **more: Any) -> Answer:
        body = {"code": "clinical_change", "reason": "…", **more}
        return self.town.post(who, f"/prescriptions/{self.pk}/cancel", body)


class Held:
    """A claim in its holder's hands."""

    def __init__(self, town: Town, who: str, said: dict[str, Any]) -> None:
        self.town, self.who, self.said = town, who, said
        self.path, self.token = f"/claims/{said['claim_id']}", said["claim_token"]

    def act(self, verb: str, body: Any = None, *, token: str | None = None, who: str | None = None) -> Answer:
        return self.town.post(who or self.who, f"{self.path}/{verb}", body, token=token or self.token)

    def handover(self, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
        made = {"local_id": str(uuid4()), "pharmacist": "YS1", "handed_over_at": self.town.now().isoformat()}
        made |= {"override": "identity_checked", "checked_by": "YS1"}
        return {**made, **({"lines": list(lines)} if lines else {}), **more}

    def give(self, *lines: dict[str, Any], **more: Any) -> Answer:
        """Hand over these lines, or all that is left."""
        return self.act("dispenses", self.handover(*lines, **more))


class Patient:
    """The pickup page as a browser without scripts sees it."""

    def __init__(self, town: Town) -> None:
        self.url, self.session = f"{town.url}/pickup/", requests.Session()
        self.session.headers["Accept-Language"] = "en"
        town.browsers.append(self.session)

    def read(self, path: str = "status") -> str:
        answer = self.session.get(self.url + path, timeout=60)
        assert answer.status_code == 200, answer.status_code
        return answer.text

    def post(self, path: str, **fields: str) -> Answer:
        if "csrftoken" not in self.session.cookies:
            self.session.get(self.url, timeout=60)
        fields["csrfmiddlewaretoken"] = self.session.cookies["csrftoken"]
        return self.session.post(self.url + path, fields, timeout=60)

    def enter(self, number: str, code: str) -> Answer:
        return self.post("", number=number, code=code)

    def known(self, rx: Rx) -> "Patient":
        """With number, code and the last four digits of the telephone number."""
        assert self.enter(rx.number, rx.code()).ok
        assert self.post("confirm", last_four="5678").ok
        return self


def together(acts: list[Callable[[], Answer]]) -> list[Answer]:
    """All at once, each from a client of its own."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    start = Barrier(len(acts))

    def one(act: Callable[[], Answer]) -> Answer:
        start.wait(timeout=30)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))
