"""Part orders: lines, or what is left of them, leave one order for a new one. What is authorised is never made more."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from routing import codes
from routing.custody import Draft, create_orders
from routing.models import Order, OrderLine
from routing.offering import ask, choose_next
from routing.refusals import AlreadySupplied
from routing.sealed_codes import opened, sealed
from routing.supplying import locked_lines
from rxcenter.accounts.roles import SYSTEM
from rxcenter.errors import Invalid, Words
from rxcenter.jobs import queue
from rxcenter.jobs.queue import NewJob
from rxcenter.prescriptions.models import Prescription


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the part goes: its id, until when it is valid, and who is not asked for it."""

    part: UUID
    expires_at: datetime
    without: Collection[str] = ()


def chosen(order: Order, numbers: Sequence[int]) -> list[OrderLine]:
    """The named lines of an order, locked. Raises Invalid (no such line, one twice), AlreadySupplied."""
    lines = locked_lines(order)
    for i, number in enumerate(numbers):
        if number not in lines or number in numbers[:i]:
            words = Words("该流转单没有这一行,或重复", "the order has no such line, or it was named twice")
            problem = {"path": f"$.lines[{i}]", "found": str(number), "allowed": ", ".join(map(str, lines))}
            raise Invalid(words, problems=[{**problem, "message": {"zh": words.zh, "en": words.en}}])
    begun = [n for n in numbers if not _untouched(lines[n])]
    if begun:
        words = Words("这些药品已有交付,不能转出", "something of these lines was handed over already")
        raise AlreadySupplied(words, lines=begun)
    return [lines[n] for n in sorted(numbers)]


def take_out(rows: Sequence[OrderLine]) -> list[OrderLine]:
    """What is left of `rows`, as lines of no order yet; the caller holds their locks.

    A line of which nothing was supplied moves whole. Of another one the rest moves: what stays authorised here is what
    was handed over. The sum over both is what it was.
    """
    moved = [_copy(row) for row in rows]
    OrderLine.objects.filter(pk__in=[row.pk for row in rows if _untouched(row)]).delete()
    for row in rows:
        if row.remaining is None or row.authorised is None or _untouched(row):
            continue
        row.authorised -= row.remaining
        row.remaining, row.supplied, row.owed_until, row.live = row.authorised * 0, True, None, False
        row.save(update_fields=["authorised", "remaining", "supplied", "owed_until", "live"])
    return moved


def put_up(
    parent: Order, prescription: Prescription, lines: Sequence[OrderLine], plan: Plan, *, at: datetime
) -> Order:
    """A new order of these lines under the same pickup code: offered, opened to the pool, or the placer is told."""
    part = _order(parent, plan, at)
    for line in lines:
        line.order = part
    first = choose_next(part, prescription, plan.without)
    part.why_not = {**part.why_not, **first.changes.get("why_not", {})}
    create_orders([Draft(part, lines, first)], by=SYSTEM, at=at)
    if first.move == "offered":
        ask(part, first.dispensers[0], at=at)
    queue.add([NewJob("expire", part.pk, due_at=part.expires_at)])
    return part


def _untouched(row: OrderLine) -> bool:
    return not row.supplied and not row.not_supplied and row.remaining == row.authorised


def _copy(row: OrderLine) -> OrderLine:
    return OrderLine(
        prescription_id=row.prescription_id,
        issue=row.issue,
        line=row.line,
        authorised=row.remaining,
        remaining=row.remaining,
        unit=row.unit,
    )


def _order(parent: Order, plan: Plan, at: datetime) -> Order:
    code = opened(parent, by=SYSTEM, purpose="the part order keeps the pickup code", at=at)
    place, row = parent.institution_id, plan.part
    return Order(
        id=row,
        prescription_id=parent.prescription_id,
        institution_id=place,
        issue=parent.issue,
        pool=parent.pool,
        delivery=parent.delivery,
        region=parent.region,
        groups=parent.groups,
        ranked=[c for c in parent.ranked if c not in plan.without],
        ranking=[row for row in parent.ranking if row["dispenser"] not in plan.without],
        opens_at=at,
        expires_at=plan.expires_at,
        code_hash=codes.hashed(row, code),
        code_sealed=sealed(code, row, place, at),
        wrong_codes=parent.wrong_codes,  # a part is no second round of guessing
        parent=parent,
        digest=parent.digest,
        insurance=parent.insurance,
        created_at=at,
    )
