"""A claim as it is answered, stored without its secrets, and made whole again for a retry."""

import json
from collections.abc import Callable
from datetime import datetime

from django.http import HttpResponse

from routing.claiming import Claimed
from routing.handing import as_held, claim_answer, without_secrets
from routing.idempotency import Answer
from routing.refusals import SignatureInvalid
from rxcenter.accounts.roles import Actor
from rxcenter.api.custody_calls import as_json, refused, sent


def claimed(made: Claimed | SignatureInvalid, *, by: Actor, at: datetime) -> Answer:
    """201 with token and content; 409 where the document was altered: its order is out of circulation by then."""
    if isinstance(made, SignatureInvalid):
        return refused(made, made.prescription)
    answer = claim_answer(made.claim, by=by, at=at, token=made.token)
    kept = as_json(without_secrets(answer))
    return Answer(201, as_json(answer), made.claim.order.prescription_id, kept=kept)


def whole(by: Actor, at: datetime) -> Callable[[str], str]:
    """For `once`: what was kept, with token and content again while the claim is open."""

    def again(kept: str) -> str:
        content = json.loads(kept)
        return as_json(as_held(content, by=by, at=at)) if "claim_id" in content else kept

    return again


def sent_claim(answer: Answer) -> HttpResponse:
    """The answer, with the claim's address."""
    response = sent(answer)
    if answer.status == 201:
        response["Location"] = f"/api/v1/claims/{json.loads(answer.body)['claim_id']}"
    return response
