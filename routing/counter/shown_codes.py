"""The pickup code that was shown at this counter a moment ago: kept sealed in the session, so nobody scans it twice."""

import base64
from datetime import datetime, timedelta
from typing import Any

from routing.models import Claim
from rxcenter.accounts.roles import Actor
from rxcenter.patients.revealing import reveal
from rxcenter.patients.sealing import seal

KEY = "counter_codes"
TABLE = "counter"
STAYS = timedelta(minutes=20)
MOST = 5


def remember(session: Any, claim: Claim, code: str, *, at: datetime) -> None:
    """`code` was just proven for this claim's order."""
    place = claim.dispenser_id
    sealed = seal({"code": code}, table=TABLE, row=claim.pk, institution=place, epoch=at.strftime("%Y-%m"))
    kept = dict(list(session.get(KEY, {}).items())[-(MOST - 1) :])
    kept[str(claim.pk)] = {"at": at.isoformat(), "sealed": base64.b64encode(sealed).decode()}
    session[KEY] = kept


def shown_at(session: Any, claim: Claim, *, at: datetime) -> datetime | None:
    """When the code was shown; None when it was not, or too long ago."""
    kept = session.get(KEY, {}).get(str(claim.pk))
    when = datetime.fromisoformat(kept["at"]) if kept else None
    return when if when and when + STAYS > at else None


def recall(session: Any, claim: Claim, *, by: Actor, at: datetime) -> str | None:
    """The code itself, for the hand-over; logged."""
    if shown_at(session, claim, at=at) is None:
        return None
    opened = reveal(
        base64.b64decode(session[KEY][str(claim.pk)]["sealed"]),
        table=TABLE,
        row=claim.pk,
        institution=claim.dispenser_id,
        by=by,
        purpose="the pickup code shown at the counter",
        at=at,
        prescription=claim.order.prescription_id,
    )
    return str(opened["code"])
