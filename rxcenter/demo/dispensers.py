"""Simulated dispensers: they look at their offers, claim, and hand over, through the API like anybody else."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any
from uuid import uuid4

from rxcenter.demo.posting import Line, headers

API = "/api/v1"
CLAIMED_SHARE, HANDED_OVER_SHARE = 0.8, 0.85  # some parcels wait, some patients have not come yet


class Dispensers:
    """All dispensers of a region. `refusals` collects answers that were not 2xx."""

    def __init__(self, url: str, keys: Mapping[str, str], seed: int, now: Callable[[], datetime]) -> None:
        self._line, self._keys, self._now = Line(url), keys, now
        self._rng = Random(f"{seed}:dispensers")
        self.refusals: list[str] = []

    def serve(self, code: str) -> None:
        """Work through the offers of one dispenser."""
        for offer in list(self._offers(code)):
            if self._rng.random() < CLAIMED_SHARE:
                self._claim_and_hand_over(code, {"order": offer["order"]})

    def serve_patient(self, placer: str, prescription: str, pharmacies: Sequence[str]) -> None:
        """A patient of the open pool: asks the placer for the code and walks into some pharmacy with it."""
        status, pickup = self._line.send(
            "GET", f"{API}/prescriptions/{prescription}/pickup", None, headers(self._keys[placer])
        )
        if status == 200 and pickup["pool"]:
            shown = {"prescription_no": pickup["number"], "code": pickup["code"]}
            self._claim_and_hand_over(self._rng.choice(pharmacies), shown)

    def close(self) -> None:
        self._line.close()

    def _offers(self, code: str) -> Iterator[dict[str, Any]]:
        after: int | None = 0
        while after is not None:
            status, page = self._line.send(
                "GET", f"{API}/offers?after={after}", None, headers(self._keys[code])
            )
            if status != 200:
                self.refusals.append(f"{code}: offers answered {status} {page.get('type', '')}")
                return
            yield from page["offers"]
            after = page["next"]

    def _claim_and_hand_over(self, code: str, wanted: Mapping[str, str]) -> None:
        claim = self._send(code, "/claims", wanted)
        if claim is None or self._rng.random() > HANDED_OVER_SHARE:
            return
        id_ = claim["claim_id"]
        body = {
            "local_id": f"{code}-{id_[-12:]}",
            "pharmacist": f"{code}-YS01",
            "handed_over_at": self._now().isoformat(),
        }
        self._send(code, f"/claims/{id_}/dispenses", body, claim["claim_token"])

    def _send(self, code: str, path: str, body: Mapping[str, Any], token: str = "") -> dict[str, Any] | None:
        extra = {"Idempotency-Key": str(uuid4())} | ({"Claim-Token": token} if token else {})
        status, answer = self._line.send(
            "POST", f"{API}{path}", json.dumps(body).encode(), headers(self._keys[code], **extra)
        )
        if status == 201:
            return answer
        self.refusals.append(f"{code}: {path.split('/')[-1]} answered {status} {answer.get('detail', '')}")
        return None
