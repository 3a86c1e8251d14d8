"""What a scan or a typed number opens: a claim held here, an offer, or a new claim by number and pickup code."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet

from routing import proving
from routing.claiming import Claimed
from routing.codes import plain
from routing.models import Claim, Offer
from routing.quarantining import claim_or_quarantine
from routing.refusals import AlreadyHeldByYou
from rxcenter.accounts.roles import Actor
from rxcenter.errors import Refused

MARK = "RX1"


class Scan(NamedTuple):
    """Prescription number and pickup code; the code is empty where none was given."""

    number: str
    code: str


@dataclass(frozen=True, slots=True)
class Opened:
    """`claim` to open, newly taken or not; or an `offer` to answer; neither: the code is asked for."""

    claim: Claim | None = None
    offer: Offer | None = None
    new: bool = False


def read(text: str, code: str = "") -> Scan:
    """`RX1;number;code` from the patient's QR, or a number with or without its code behind it.

    Full-width letters and digits are what a scanner types into a Chinese input method: read as plain ones.
    """
    said = unicodedata.normalize("NFKC", text).strip()
    code = unicodedata.normalize("NFKC", code).strip()
    _mark, *rest = said.split(";")
    if is_mark(said) and len(rest) >= 2:
        return Scan(rest[0].strip(), rest[1].strip())
    number, _space, tail = said.partition(" ")
    if not code and plain(tail) is not None:
        return Scan(number, tail.strip())
    return Scan(said, code)


def is_mark(text: str) -> bool:
    """Whether it came out of a patient's QR."""
    return unicodedata.normalize("NFKC", text).split(";")[0].strip().upper() == MARK


def open_scan(scan: Scan, *, by: Actor, at: datetime) -> Opened | Refused:
    """Open what is mine, or claim it against the code.

    Raises as proving.find_orders and claiming.claim; an altered document's refusal is returned (quarantining.py).
    Run it inside proving.counting.
    """
    if not scan.code:
        return _by_number(scan.number, by)
    orders = proving.find_orders(scan.number, scan.code, by.institution or "", at=at)
    held = _mine(by).filter(order__in=orders).order_by("-claimed_at").first()
    if held is not None:
        return Opened(claim=held)
    try:
        made = claim_or_quarantine(orders[0].pk, by=by, at=at, proven=True)
    except AlreadyHeldByYou as refused:  # the same scan, twice at once
        return Opened(claim=_mine(by).get(pk=refused.extra["claim_id"]))
    return Opened(claim=made.claim, new=True) if isinstance(made, Claimed) else made


def _by_number(number: str, by: Actor) -> Opened:
    """A number alone opens what is held here or was offered here, and nothing else."""
    held = _mine(by).filter(order__prescription__number=number).order_by("-claimed_at").first()
    if held is not None:
        return Opened(claim=held)
    asked = Offer.objects.filter(
        dispenser=by.institution, state=Offer.State.PENDING, order__prescription__number=number
    )
    return Opened(offer=asked.first())


def _mine(by: Actor) -> QuerySet[Claim]:
    rows = Claim.objects.filter(dispenser=by.institution, state=Claim.State.OPEN)
    return rows.select_related("order__prescription")
