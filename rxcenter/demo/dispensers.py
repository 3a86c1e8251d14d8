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
GIVEN_BACK_SHARE, OWED_SHARE = 0.03, 0.08  # a shelf is empty; a pack is too small


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
        if claim["prescription"]["placer"] != code and not code.startswith("P"):
            seen = {
                "pharmacist": f"{code}-YS02",
                "verdict": "agreed",
            }  # a receiving institution reads it itself
            self._act(code, claim, "review", seen)
        self._act(code, claim, "start")
        if self._rng.random() < GIVEN_BACK_SHARE:
            self._act(code, claim, "return", {"reason": "out_of_stock"})
            return
        self._act(code, claim, "ready")
        proof = {}
        if claim["order"]["delivery"] == "delivery":
            self._act(code, claim, "dispatch", {"courier": "K01", "consignment": claim["claim_id"][-8:]})
            proof = {"override": "signed_receipt", "checked_by": "K01-07"}
        elif self._rng.random() < OWED_SHARE and (part := _half(claim)):
            self._hand_over(code, claim, "a", {"lines": part})
            if self._rng.random() < 0.5:
                return  # the rest is still owed
        self._hand_over(code, claim, "z", proof)

    def _hand_over(self, code: str, claim: Mapping[str, Any], mark: str, more: Mapping[str, Any]) -> None:
        body = {
            "local_id": f"{code}-{claim['claim_id'][-12:]}{mark}",
            "pharmacist": f"{code}-YS01",
            "handed_over_at": self._now().isoformat(),
        }
        self._act(code, claim, "dispenses", {**body, **more})

    def _act(
        self, code: str, claim: Mapping[str, Any], act: str, body: Mapping[str, Any] | None = None
    ) -> None:
        self._send(code, f"/claims/{claim['claim_id']}/{act}", body or {}, claim["claim_token"])

    def _send(self, code: str, path: str, body: Mapping[str, Any], token: str = "") -> dict[str, Any] | None:
        extra = {"Idempotency-Key": str(uuid4())} | ({"Claim-Token": token} if token else {})
        status, answer = self._line.send(
            "POST", f"{API}{path}", json.dumps(body).encode(), headers(self._keys[code], **extra)
        )
        if status in (200, 201):
            return answer
        self.refusals.append(f"{code}: {path.split('/')[-1]} answered {status} {answer.get('detail', '')}")
        return None


def _half(claim: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Half of the first line that can be halved, the rest owed; empty when there is none."""
    for line in claim["order"]["lines"]:
        whole = int(float(line["remaining"] or 0))
        if whole >= 2:
            return [{"line": line["line"], "quantity": str(whole // 2), "owed": True}]
    return []
