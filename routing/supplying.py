"""The arithmetic of lines: what a dispense takes from what is left, and what its correction gives back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from routing.models import Order, OrderLine
from routing.reasons import NOT_SUPPLIED
from routing.refusals import OverSupply
from rxcenter.errors import Invalid, Words

OWED_FOR = timedelta(days=14)  # until the rest must have come; then it stands on the supervisor's list
FIELDS = ("remaining", "supplied", "owed_until", "not_supplied")
_NO_LINE = Words("该流转单没有这一行", "the order has no such line")
_UNIT = Words("单位与处方数量单位不同", "another unit than the prescribed quantity has: convert it")
_TOO_MUCH = Words("超过可调配数量", "more than is left to supply")


@dataclass(frozen=True, slots=True)
class Supplied:
    """A pack or part of one line as handed over; a line may come several times.

    `quantity` None = all that is left. `owed`: the rest follows until `owed_until` (by default 14 days). `not_supplied`
    is a code of reasons.NOT_SUPPLIED: this line ends without (more) supply. `trace_code`: 药品追溯码.
    """

    line: int
    quantity: Decimal | None = None
    unit: str | None = None
    batch: str | None = None
    trace_code: str | None = None
    owed: bool = False
    owed_until: datetime | None = None
    not_supplied: str | None = None


Lines = Mapping[int, OrderLine]
Record = dict[str, Any]


def locked_lines(order: Order) -> dict[int, OrderLine]:
    """The order's own lines by number, locked (third in the lock order)."""
    return {row.line: row for row in order.lines.select_for_update().order_by("line")}


def records(lines: Lines, given: Sequence[Supplied] | None) -> list[Record]:
    """What will be recorded, checked against what is left. None = everything that is left.

    Raises OverSupply with `remaining`, Invalid for unknown lines, units, reasons; nothing has changed then.
    """
    if given is None:
        given = [Supplied(n) for n, row in lines.items() if not done(row)]
    left = {n: row.remaining for n, row in lines.items()}
    return [_record(i, part, lines, left) for i, part in enumerate(given)]


def _record(i: int, part: Supplied, lines: Lines, left: dict[int, Decimal | None]) -> Record:
    path = f"$.lines[{i}]"
    row = lines.get(part.line)
    if row is None:
        raise _invalid(f"{path}.line", str(part.line), ", ".join(map(str, lines)), _NO_LINE)
    if part.unit and row.unit and part.unit.strip().casefold() != row.unit.strip().casefold():
        raise _invalid(f"{path}.unit", part.unit, row.unit, _UNIT)
    if part.not_supplied is not None and part.not_supplied not in NOT_SUPPLIED:
        words = Words("理由代码不在列表中", "not one of the reason codes")
        raise _invalid(f"{path}.not_supplied", part.not_supplied[:60], ", ".join(NOT_SUPPLIED), words)
    quantity = _quantity(part, row, left[part.line], f"{path}.quantity")
    if quantity is not None and left[part.line] is not None:
        left[part.line] = (left[part.line] or Decimal(0)) - quantity
    said = {
        "trace_code": part.trace_code,
        "owed": part.owed,
        "owed_until": part.owed_until and part.owed_until.isoformat(),
        "not_supplied": part.not_supplied,
    }
    return {
        "line": part.line,
        "quantity": None if quantity is None else f"{quantity.normalize():f}",
        "unit": part.unit or row.unit or None,
        "batch": part.batch,
        **{name: value for name, value in said.items() if value},
    }


def _quantity(part: Supplied, row: OrderLine, left: Decimal | None, path: str) -> Decimal | None:
    ended = done(row) and left != 0  # refused, or handed over without a written quantity: once is all
    if part.quantity is None and not ended:
        return Decimal(0) if left is not None and (part.owed or part.not_supplied) else left
    if part.quantity is None or done(row) or (left is not None and part.quantity > left):
        remaining = "0" if left is None or ended else f"{left.normalize():f} {row.unit}".strip()
        problem = _problem(path, str(part.quantity), f"<= {remaining}", _TOO_MUCH)
        raise OverSupply(_TOO_MUCH, problems=[problem], remaining=remaining)
    return part.quantity


def take(lines: Lines, recorded: Iterable[Record], *, at: datetime) -> None:
    """Take what was recorded from what is left."""
    for record in recorded:
        row = lines[record["line"]]
        if row.remaining is not None:
            row.remaining -= amount(record)
            row.supplied = row.remaining == 0
        else:
            row.supplied = not (record.get("owed") or record.get("not_supplied"))
        row.not_supplied = record.get("not_supplied", "")
        until = datetime.fromisoformat(record["owed_until"]) if "owed_until" in record else None
        row.owed_until = None if done(row) else until or at + OWED_FOR
    OrderLine.objects.bulk_update(lines.values(), FIELDS)


def give_back(lines: Lines, recorded: Iterable[Record], *, at: datetime, others: Iterable[Record]) -> None:
    """Undo what one dispense took; `others` are the records that still stand: a line they touched is owed again."""
    touched = {record["line"] for record in others}
    for record in recorded:
        row = lines[record["line"]]
        if row.remaining is not None:
            row.remaining += amount(record)
        row.supplied, row.not_supplied = False, ""
        row.owed_until = at + OWED_FOR if row.line in touched else None
    OrderLine.objects.bulk_update(lines.values(), FIELDS)


def amount(recorded: Record) -> Decimal:
    """What one recorded part took from what is left."""
    return Decimal(recorded["quantity"] or 0)


def done(row: OrderLine) -> bool:
    """Nothing more will be handed over on this line."""
    return row.supplied or bool(row.not_supplied)


def all_done(lines: Lines) -> bool:
    return all(done(row) for row in lines.values())


def shown(lines: Lines) -> list[dict[str, Any]]:
    """What is left of each line, for the answer."""
    return [
        {
            "line": n,
            "remaining": None if row.remaining is None else f"{row.remaining.normalize():f}",
            "unit": row.unit or None,
            "status": status(row),
            "owed_until": row.owed_until and row.owed_until.isoformat(),
        }
        for n, row in sorted(lines.items())
    ]


def status(row: OrderLine) -> str:
    """dispensed, not_supplied, owed (nothing yet, promised), part_dispensed, or open."""
    if row.supplied:
        return "dispensed"
    if row.not_supplied:
        return "not_supplied"
    begun = row.remaining is not None and row.remaining != row.authorised
    return "part_dispensed" if begun else "owed" if row.owed_until else "open"


def _invalid(path: str, found: str, allowed: str, words: Words) -> Invalid:
    return Invalid(words, problems=[_problem(path, found, allowed, words)])


def _problem(path: str, found: str, allowed: str, words: Words) -> dict[str, Any]:
    return {"path": path, "found": found, "allowed": allowed, "message": {"zh": words.zh, "en": words.en}}
