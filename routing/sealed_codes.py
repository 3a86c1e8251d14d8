"""The pickup code of an order as it is kept: sealed, and each reading of it logged."""

from datetime import datetime
from uuid import UUID

from routing.models import Order
from rxcenter.accounts.roles import Actor
from rxcenter.patients.revealing import reveal
from rxcenter.patients.sealing import seal

TABLE = "order"


def sealed(code: str, row: UUID, institution: str, at: datetime) -> bytes:
    """The code sealed for the order `row` of an institution."""
    return seal({"code": code}, table=TABLE, row=row, institution=institution, epoch=at.strftime("%Y-%m"))


def opened(order: Order, *, by: Actor, purpose: str, at: datetime) -> str:
    """The code of an order; who read it and why is written down first."""
    shown = reveal(
        bytes(order.code_sealed),
        table=TABLE,
        row=order.pk,
        institution=order.institution_id,
        by=by,
        purpose=purpose,
        at=at,
        prescription=order.prescription_id,
    )
    return str(shown["code"])
