"""The hand-over form: rows of packs on the page, a Handover for the verbs, and refusals beside the field they are about."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from routing.admin_releasing import in_language
from routing.counter import scanning, words
from routing.counter.listing import number
from routing.dispensing import Handover
from routing.models import Dispense, OrderLine
from routing.supplying import Supplied, done
from rxcenter.errors import Refused, Words

MOST = 200
OWED = "owed"
FIELDS = ("qty", "batch", "trace", "rest", "until")
Form = Mapping[str, str]
_PROBLEM = re.compile(r"^\$\.lines\[(\d+)\]\.(\w+)$")
_BESIDE = {"quantity": "qty", "not_supplied": "rest", "owed_until": "until", "unit": "qty", "line": "qty"}
_ALONE = {
    "$.code": "code",
    "$.override": "override",
    "$.checked_by": "checked_by",
    "$.handed_over_at": "handed_at",
}


class NotFilled(Exception):
    """What is missing or cannot be read, by field name."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


@dataclass(slots=True)
class Row:
    """One pack or part of one line: what was typed, as text."""

    line: int
    qty: str = ""
    batch: str = ""
    trace: str = ""
    rest: str = ""
    until: str = ""
    first: bool = True  # of its line: what becomes of the rest is asked once
    errors: dict[str, str] = field(default_factory=dict)


def fresh(lines: Sequence[OrderLine]) -> list[Row]:
    """Everything that is left, one row for each line."""
    return [Row(row.line, qty=number(row.remaining)) for row in lines if not done(row)]


def recorded(dispense: Dispense, lines: Sequence[OrderLine]) -> list[Row]:
    """A record as rows, to be corrected; lines that it left out follow with nothing handed over."""
    made: list[Row] = []
    for part in dispense.lines:
        seen = any(row.line == part["line"] for row in made)
        rest = part.get("not_supplied") or (OWED if part.get("owed") else "")
        until = part.get("owed_until", "")[:10]
        row = Row(part["line"], part["quantity"] or "", part.get("batch") or "", part.get("trace_code") or "")
        row.rest, row.until, row.first = rest, until, not seen
        made.append(row)
    named = {row.line for row in made}
    return made + [
        Row(row.line, qty="0" if row.remaining is not None else "", rest=OWED)
        for row in lines
        if row.line not in named and not done(row)
    ]


def entered(form: Form) -> list[Row]:
    """The rows as they were sent, in their order."""
    indexes = sorted(int(name[5:]) for name in form if re.fullmatch(r"line-\d{1,3}", name))[:MOST]
    made: list[Row] = []
    for i in indexes:
        line = form[f"line-{i}"]
        if line.isdecimal() and len(line) < 6:
            qty, batch, trace, rest, until = (_plain(form.get(f"{name}-{i}", "")) for name in FIELDS)
            first = all(row.line != int(line) for row in made)
            made.append(Row(int(line), qty, batch, trace, rest, until, first))
    return made


def handover(
    form: Form, rows: list[Row], left: Mapping[int, Decimal | None], *, prescription_no: str, at: datetime
) -> Handover:
    """What the verb wants; `left` is what may still be handed over of each line. Raises NotFilled."""
    errors: dict[str, str] = {}
    parts = _parts(rows, left)
    for i, row in enumerate(rows):
        errors.update({f"{name}-{i}": text for name, text in row.errors.items()})
    pharmacist = _plain(form.get("pharmacist", ""))[:64]
    if not pharmacist:
        errors["pharmacist"] = _("Who checked it here?")
    when = _moment(form.get("handed_at", ""), at, errors)
    code = _code(form.get("code", ""), prescription_no, errors)
    if errors:
        raise NotFilled(errors)
    override = form.get("override") or None
    return Handover(
        local_id=f"screen-{form.get('nonce', '')}"[:64],
        pharmacist=pharmacist,
        handed_over_at=when,
        lines=parts,
        code=code,
        override=override,
        checked_by=(_plain(form.get("checked_by", ""))[:64] or pharmacist) if override else None,
    )


def _code(text: str, prescription_no: str, errors: dict[str, str]) -> str | None:
    """The pickup code as typed, or out of the patient's QR, which must be this prescription's."""
    if not text.strip():
        return None
    scan = scanning.read(text)
    if scan.code and scan.number == prescription_no:
        return scan.code
    if scan.code and scanning.is_mark(text):
        errors["code"] = _("This is the code of another prescription: %(number)s") % {"number": scan.number}
    return _plain(text)[:20]


def _parts(rows: list[Row], left: Mapping[int, Decimal | None]) -> list[Supplied]:
    """Each row as the verb takes it. What becomes of the rest must be said once for each line."""
    given: dict[int, Decimal] = {}
    quantities = [_quantity(row, left.get(row.line)) for row in rows]
    for row, quantity in zip(rows, quantities, strict=True):
        given[row.line] = given.get(row.line, Decimal(0)) + (quantity or 0)
    last = {row.line: i for i, row in enumerate(rows)}
    rests = {row.line: row for row in rows if row.first}
    made = []
    for i, (row, quantity) in enumerate(zip(rows, quantities, strict=True)):
        part = Supplied(row.line, quantity, batch=row.batch[:60] or None, trace_code=row.trace[:1000] or None)
        if i == last[row.line]:
            part = _with_rest(part, rests[row.line], left.get(row.line), given[row.line])
        made.append(part)
    return made


def _with_rest(part: Supplied, asked: Row, left: Decimal | None, given: Decimal) -> Supplied:
    short = left is None or given < left
    if not asked.rest or not short:
        if left is not None and short and not asked.errors:
            asked.errors["rest"] = _("Less than is left: is the rest owed, or not supplied?")
        return part
    if asked.rest == OWED:
        return replace(part, owed=True, owed_until=_until(asked))
    return replace(part, not_supplied=asked.rest)


def _quantity(row: Row, left: Decimal | None) -> Decimal | None:
    if not row.qty and left is None:
        return None
    try:
        found = Decimal(row.qty)
        _sign, digits, exponent = found.as_tuple()
        if not isinstance(exponent, int) or found < 0 or exponent < -4 or len(digits) + max(exponent, 0) > 10:
            raise InvalidOperation
    except InvalidOperation:
        row.errors["qty"] = _("A number, 0 if nothing of it is handed over now.")
        return None
    return found


def _until(row: Row) -> datetime | None:
    """The end of the day until which the rest is owed; None: the usual time."""
    if not row.until:
        return None
    try:
        day = date.fromisoformat(row.until)
    except ValueError:
        row.errors["until"] = _("A date, like 2026-12-05.")
        return None
    return datetime.combine(day, time(23, 59), timezone.get_current_timezone())


def _moment(text: str, at: datetime, errors: dict[str, str]) -> datetime:
    if not text.strip():
        return at
    try:
        found = datetime.fromisoformat(_plain(text))
    except ValueError:
        errors["handed_at"] = _("A time, like 2026-12-05 10:30.")
        return at
    return found if found.tzinfo else found.replace(tzinfo=timezone.get_current_timezone())


def beside(refused: Refused) -> dict[str, str]:
    """A refusal by the fields it is about; `form` where it is about none."""
    if refused.slug in ("wrong-code", "locked-out"):
        return {"code": _code_words(refused)}
    found: dict[str, str] = {}
    for problem in refused.extra.get("problems") or ():
        found[_field(problem["path"])] = _problem_words(problem, refused)
    return found or {"form": words.said(refused)}


def _field(path: str) -> str:
    matched = _PROBLEM.match(path)
    if matched:
        return f"{_BESIDE.get(matched[2], 'qty')}-{matched[1]}"
    return _ALONE.get(path, "form")


def _problem_words(problem: Mapping[str, Any], refused: Refused) -> str:
    text = in_language(Words(problem["message"]["zh"], problem["message"]["en"]))
    if "remaining" in refused.extra:
        text += " · " + _("left: %(left)s") % {"left": refused.extra["remaining"]}
    return text


def _code_words(refused: Refused) -> str:
    if refused.slug == "wrong-code":
        return _("This is not the patient's pickup code.")
    return words.said(refused) + " · " + _("Check the patient's identity instead.")


def _plain(text: str) -> str:
    """Full-width letters and digits as plain ones; what a scanner adds at the ends is cut."""
    return " ".join(unicodedata.normalize("NFKC", text).split())
