"""Custody: who may dispense, what is offered, who holds it, what was handed over."""

from routing.models.claims import (
    CancelRequest,
    Claim,
    Dispense,
    DispenseDraft,
    ReleaseRequest,
    SecondReview,
    TrackingUpdate,
    Transfer,
)
from routing.models.guards import IdempotencyKey, WrongCode
from routing.models.orders import Offer, Order, OrderLine
from routing.models.parties import Closure, Dispenser, StockItem

__all__ = [
    "CancelRequest",
    "Claim",
    "Closure",
    "Dispense",
    "DispenseDraft",
    "Dispenser",
    "IdempotencyKey",
    "Offer",
    "Order",
    "OrderLine",
    "ReleaseRequest",
    "SecondReview",
    "StockItem",
    "TrackingUpdate",
    "Transfer",
    "WrongCode",
]
