"""Posts documents over real HTTP, several connections at once, each kept open; every post is tried until answered."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from rxcenter.demo.generator.posts import Post

PATH = "/api/v1/prescriptions"
TRIES = 6
SECONDS = 30.0


class Answer(NamedTuple):
    """What came of one request. `status` 0: nobody answered, after all tries."""

    post: Post
    status: int
    body: dict[str, Any]

    @property
    def id(self) -> str | None:
        """The stored prescription, where it was stored."""
        return self.body.get("id") if self.status in (200, 201) else None

    @property
    def refused(self) -> bool:
        """Whether the centre understood it and said no."""
        return 400 <= self.status < 500


class Line:
    """One kept-open connection."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc
        self._connection: http.client.HTTPConnection | None = None

    def send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, Any]]:
        """(status, JSON body); tries again after a broken connection or a 5xx, later each time. (0, {}) at last."""
        for attempt in range(TRIES):
            try:
                status, text = self._once(method, path, body, headers)
            except (OSError, http.client.HTTPException):
                self.close()
            else:
                if status < 500:
                    return status, _object(text)
            time.sleep(0.1 * 2**attempt)
        return 0, {}

    def _once(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self._host, timeout=SECONDS)
        self._connection.request(method, path, body=body, headers=dict(headers))
        response = self._connection.getresponse()
        return response.status, response.read()

    def close(self) -> None:
        """Drop the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Poster:
    """Posts with each institution's key. `threads` connections work at once."""

    def __init__(self, url: str, keys: Mapping[str, str], threads: int = 6) -> None:
        self._url, self._keys, self._threads = url, keys, threads
        self._own = threading.local()

    def post(self, posts: Sequence[Post], done: Callable[[], object]) -> list[Answer]:
        """Post all; answers in the order of `posts`. `done` is called after each."""
        return list(self._each(posts, lambda post: PATH, done))

    def amend(
        self, posts: Sequence[Post], ids: Mapping[str, str], done: Callable[[], object]
    ) -> list[Answer]:
        """Post next revisions; `ids` are the prescriptions by number."""
        return list(self._each(posts, lambda post: f"{PATH}/{ids[post.amends or post.number]}/amend", done))

    def _each(
        self, posts: Sequence[Post], path: Callable[[Post], str], done: Callable[[], object]
    ) -> Iterator[Answer]:
        def one(post: Post) -> Answer:
            status, body = self.line.send(
                "POST", path(post), post.body, headers(self._keys[post.institution])
            )
            done()
            return Answer(post, status, body)

        with ThreadPoolExecutor(self._threads) as pool:
            yield from pool.map(one, posts)

    @property
    def line(self) -> Line:
        """This thread's connection."""
        if not hasattr(self._own, "line"):
            self._own.line = Line(self._url)
        line: Line = self._own.line
        return line


def headers(key: str, **more: str) -> dict[str, str]:
    """What every request of a machine client carries."""
    return {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **more}


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
