"""Talks to a centre: Python 3.10 or newer, standard library only. placer.py and dispenser.py use it; copy it as it is.

What is not answered is sent again with the same Idempotency-Key: the effect comes once, the answer again.
"""

import json
import time
import urllib.error
import urllib.request
import uuid

ATTEMPTS, PATIENCE_SECONDS = 5, 30


class Refused(Exception):
    """The centre's own refusal: `status`, `slug` (docs/problems.md, docs/custody.md), `problem` (the whole body)."""

    def __init__(self, status, problem):
        self.status, self.problem = status, problem
        self.slug = str(problem.get("type", "")).rpartition("/")[2]
        super().__init__(f"{status} {self.slug}: {problem.get('detail')}")


class Centre:
    """One institution's calls. `url` without /api, `key` as it was issued (rxk_…)."""

    def __init__(self, url, key):
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"not an address of a centre: {url}")
        self.url, self.key = url.rstrip("/"), key

    def get(self, path):
        return self._sent("GET", path, None, {})

    def post(self, path, body=None, token=None):
        """`token`: the claim's, for whatever its holder does."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}  # of this action: all attempts carry the same one
        if token:
            headers["Claim-Token"] = token
        return self._sent("POST", path, {} if body is None else body, headers)

    def put(self, path, body):
        return self._sent("PUT", path, body, {})

    def _sent(self, method, path, body, headers):
        data = None if body is None else json.dumps(body).encode()
        headers |= {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        for attempt in range(1, ATTEMPTS + 1):
            asked = urllib.request.Request(self.url + "/api/v1" + path, data, headers, method=method)  # noqa: S310
            try:
                with urllib.request.urlopen(asked, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                problem = _problem(error)
                passing = error.code in (429, 500, 503) or problem.get("type", "").endswith(
                    "/request-in-progress"
                )
                if attempt == ATTEMPTS or not passing:
                    raise Refused(error.code, problem) from None
                after = error.headers.get("Retry-After", "")
                wait = float(after) if after.isdigit() else 2.0**attempt
            except OSError:  # no connection, no answer: nobody knows whether it arrived
                if attempt == ATTEMPTS:
                    raise
                wait = 2.0**attempt
            time.sleep(wait)
        raise AssertionError("not reached")


def _problem(error):
    try:
        return json.load(error)
    except ValueError:
        return {"detail": error.reason}
