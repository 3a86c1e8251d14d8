"""From an approved prescription to new orders: one, or one for each issue of a repeat, each with its lines and code."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any

from uuid_utils.compat import uuid7

from routing import codes
from routing.digesting import digest_of
from routing.models import Order, OrderLine
from routing.sealed_codes import sealed
from routing.validity import Window, expires_at, window
from rxcenter.accounts.roles import SYSTEM
from rxcenter.patients.revealing import reveal
from rxcenter.prescriptions.models import Prescription

# How fee types say that the medical insurance pays; exact words, as institutions write them
INSURED = frozenset(
    {"医保", "基本医疗保险", "职工医保", "居民医保", "城镇职工", "城乡居民", "职工基本医疗保险", "城乡居民基本医疗保险",
     "insurance", "medical insurance", "basic medical insurance"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Issue:
    """One supply: its number, of how many, and when it may be claimed."""

    number: int
    total: int
    window: Window


def issues(prescription: Prescription, holidays: Collection[date], at: datetime) -> list[Issue]:
    """The supplies of a prescription whose time is not over yet."""
    document = prescription.document
    repeat = document.get("repeat")
    if repeat is None:
        end = expires_at(
            prescription.issued_at,
            long_term=document.get("long_term") is True,
            setting=prescription.setting,
            holidays=holidays,
        )
        found = [Issue(1, 1, Window(at, end))]
    else:
        found = [
            Issue(
                row["issue"],
                repeat["total"],
                window(date.fromisoformat(row["start"]), date.fromisoformat(row["end"]), holidays),
            )
            for row in repeat["issues"]
        ]
    return [issue for issue in found if issue.window.expires_at > at]


def new_order(prescription: Prescription, issue: Issue, groups: list[str] | None, at: datetime) -> Order:
    """An order of one issue with its own pickup code; nobody is asked yet."""
    routing = prescription.document.get("routing") or {}
    delivery = routing.get("delivery") or "pickup"
    row, code, place = uuid7(), codes.mint(), prescription.institution_id
    if groups is not None and prescription.kind == "herbal":
        groups = [*groups, "herbal"]
    return Order(
        id=row,
        prescription=prescription,
        institution_id=place,
        issue=issue.number,
        delivery=delivery,
        region=_region(prescription, at) if delivery == "delivery" else "",
        groups=None if groups is None else sorted(set(groups)),
        insurance=str(prescription.document.get("fee_type") or "").strip().casefold() in INSURED,
        digest=digest_of(prescription),
        opens_at=max(issue.window.opens_at, at),
        expires_at=issue.window.expires_at,
        code_hash=codes.hashed(row, code),
        code_sealed=sealed(code, row, place, at),
        created_at=at,
    )


def lines(order: Order, prescription: Prescription, issue: Issue) -> list[OrderLine]:
    """What this issue may hand out; a line too small to be divided goes with the first issue."""
    made = []
    for item in prescription.document["items"]:
        share = _share(_quantity(item), issue)
        if share is None or share > 0:
            unit = ((item.get("quantity") or {}).get("unit") or "")[:40]
            made.append(
                OrderLine(
                    order=order,
                    prescription=prescription,
                    issue=issue.number,
                    line=item["line"],
                    authorised=share,
                    remaining=share,
                    unit=unit,
                )
            )
    return made


def _share(whole: Decimal | None, issue: Issue) -> Decimal | None:
    """An equal part in whole units where the whole is in whole units; the first issue takes what is left over."""
    if whole is None or issue.total == 1:
        return whole
    step = Decimal(1) if whole == whole.to_integral_value() else Decimal("0.0001")
    part = (whole / issue.total).quantize(step, ROUND_DOWN)
    return whole - part * (issue.total - 1) if issue.number == 1 else part


def _region(prescription: Prescription, at: datetime) -> str:
    """The delivery region out of the sealed address: what decides who can deliver, and nothing finer."""
    personal = reveal(
        bytes(prescription.sealed),
        table="prescription",
        row=prescription.pk,
        institution=prescription.institution_id,
        by=SYSTEM,
        purpose="delivery area",
        at=at,
        fields=("address",),
    )
    address = personal.get("address")
    return str(address.get("region") or "") if isinstance(address, dict) else ""


def _quantity(item: dict[str, Any]) -> Decimal | None:
    value = (item.get("quantity") or {}).get("value")
    return None if value is None else Decimal(str(value)).quantize(Decimal("0.0001"))
