"""The whole centre as real processes: web, relay, Celery worker, beat, on PostgreSQL and Redis, over HTTP."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import redis
import requests

from rxcenter import serving
from rxcenter.devstack import processes
from rxcenter.devstack.places import free_port
from tests.people import Place


@dataclass
class Centre:
    """The running processes and how to talk to them."""

    url: str
    group: processes.Group
    redis: redis.Redis
    log: list[str]

    def post(self, place: Place, path: str, body: Any, **headers: str) -> requests.Response:
        return requests.post(f"{self.url}{path}", json=body, headers={**place.headers, **headers}, timeout=30)

    def get(self, place: Place, path: str) -> Any:
        return requests.get(f"{self.url}{path}", headers=place.headers, timeout=30).json()

    def until(self, ready: Callable[[], Any], what: str, seconds: float = 40) -> Any:
        """Wait for something to become true; on failure show what the processes said."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := ready():
                return found
            time.sleep(0.05)
        raise AssertionError(f"waited {seconds} s for {what}\n" + "\n".join(self.log[-60:]))


@pytest.fixture
def centre(process_environment: dict[str, str], tmp_path: Any) -> Iterator[Centre]:
    port, log = free_port(), []
    environment = {
        **process_environment,
        "RXCENTER_PORT": str(port),
        "RXCENTER_WEB_WORKERS": "1",
        "RXCENTER_WORKERS": "1",
        "RXCENTER_STATE_DIR": str(tmp_path),
    }
    broker = redis.Redis.from_url(environment["REDIS_URL"])
    broker.flushdb()
    with processes.running(serving.processes(environment), environment, write=log.append) as group:
        running = Centre(f"http://127.0.0.1:{port}", group, broker, log)

        def answers() -> bool:
            try:
                return requests.get(f"{running.url}/healthz", timeout=2).ok
            except requests.RequestException:
                return False

        running.until(answers, "the web process")
        yield running
