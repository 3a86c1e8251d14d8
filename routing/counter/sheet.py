"""Everything that stands on the page of one claim."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from routing import proving, reasons, transferring
from routing.admin_releasing import in_language
from routing.correcting import WINDOW
from routing.counter import words
from routing.counter.listing import number, seconds
from routing.eligible import why_not
from routing.handing import content
from routing.models import CancelRequest, Claim, Dispense, Dispenser, Order, OrderLine, Transfer
from routing.offering import need_of, way_of
from routing.pickup.reading import how_to_take
from routing.pickup.words import UNITS, word
from routing.register import candidates, contact, pool
from routing.reviewing import needs_second_review, second_review_missing
from routing.states import MOVES, OPEN_CLAIM, TERMINAL, OrderState
from routing.supplying import done, status
from rxcenter.accounts.roles import Actor
from rxcenter.prescriptions.states import State


@dataclass(frozen=True, slots=True)
class Line:
    """One medicine as it is taken from the shelf."""

    line: int
    name: str
    detail: str  # strength, form
    how: str
    authorised: str
    remaining: str
    unit: str
    done: bool
    status: str
    owed_until: datetime | None
    why: str


def claim_of(pk: Any, me: str) -> Claim | None:
    """A claim of this dispenser, open or ended; anybody else's does not exist for it."""
    rows = Claim.objects.select_related("order__prescription", "order__institution", "dispenser__institution")
    return rows.filter(pk=pk, dispenser=me).first()


def facts(claim: Claim, *, by: Actor, at: datetime) -> dict[str, Any]:
    """What the page shows. Personal fields only while the claim is open; each reading is logged."""
    order = claim.order
    held = claim.state == Claim.State.OPEN
    rows = list(order.lines.order_by("line"))
    return {
        "claim": claim,
        "order": order,
        "rx": order.prescription,
        "held": held,
        "lines": lines(order, rows),
        "patient": _patient(content(order, by, at)) if held else None,
        "document": order.prescription.document,
        "lease_left": seconds(claim.lease_until, at) if held else None,
        "second_needed": needs_second_review(claim),
        "second_missing": held and second_review_missing(claim),
        "seconds": list(claim.second_reviews.order_by("-pk")),
        "locked": order.wrong_codes >= proving.MOST_PER_CODE,
        "parts": _parts(order),
        "given": dispenses(claim, at),
        "passing": claim.transfers.filter(state=Transfer.State.PENDING)
        .select_related("to__institution")
        .first(),
        **_cancel(order, at),
        **_powers(claim, rows),
    }


def lines(order: Order, rows: list[OrderLine]) -> list[Line]:
    named = {item["line"]: item for item in order.prescription.document["items"]}
    return [_line(named[row.line], row) for row in rows]


def _line(item: dict[str, Any], row: OrderLine) -> Line:
    drug, strength = item["drug"], item.get("strength")
    said = [
        f"{strength['value']} {strength.get('unit') or ''}".strip()
        if isinstance(strength, dict)
        else strength
    ]
    form = item.get("form")
    form = "" if not form or form == row.unit else word(UNITS, form)  # "56 tablets" says it already
    return Line(
        line=row.line,
        name=drug.get("name") or drug.get("code") or "?",
        detail=" · ".join(str(s) for s in [*said, form] if s),
        how=how_to_take(item),
        authorised=number(row.authorised),
        remaining=number(row.remaining),
        unit=word(UNITS, row.unit),
        done=done(row),
        status=status(row),
        owed_until=row.owed_until,
        why=in_language(reasons.NOT_SUPPLIED[row.not_supplied]) if row.not_supplied else "",
    )


def _patient(shown: dict[str, Any]) -> dict[str, Any]:
    """Personal fields as revealed, and of the masked document what dispensing has to know."""
    personal, masked = shown["patient"], shown["document"]["patient"]
    pregnancy = masked.get("pregnancy") or {}
    return {
        "name": personal.get("name") or "—",
        "phone": personal.get("phone") or "",
        "guardian": personal.get("guardian"),
        "address": _address(personal.get("address")),
        "sex": {"female": _("female"), "male": _("male")}.get(masked["sex"], _("sex unknown")),
        "birth_date": masked["birth_date"],
        "weight": masked.get("weight_kg"),
        "pregnant": pregnancy.get("status") == "yes",
        "lactating": bool(masked.get("lactating")),
        "allergies": masked.get("allergies") or [],
        "conditions": masked.get("conditions") or [],
        "diagnoses": shown["document"].get("diagnoses") or [],
    }


def _address(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(str(part) for part in value.values() if part)
    return str(value or "")


def _parts(order: Order) -> list[dict[str, Any]]:
    """The other parts under the same code, with who has them: the patient asks here."""
    others = Order.objects.filter(prescription=order.prescription_id, issue=order.issue).exclude(pk=order.pk)
    return [
        {
            "state": OrderState(other.state).label,
            "lines": ", ".join(str(row.line) for row in other.lines.all()),
            "who": next((contact(c.dispenser_id) for c in other.claims.all() if c.state == "open"), None),
            "over": other.state in TERMINAL,
        }
        for other in others.prefetch_related("lines", "claims").order_by("created_at")
    ]


def dispenses(claim: Claim, at: datetime) -> list[dict[str, Any]]:
    """Records of this order, newest first; `newest` can be corrected by its holder."""
    rows = list(
        Dispense.objects.filter(order=claim.order_id)
        .select_related("replaced_by")
        .order_by("-recorded_at", "-pk")
    )
    standing = [r for r in rows if r.withdrawn_at is None and not hasattr(r, "replaced_by")]
    last = standing[0] if standing else None
    return [
        {
            "row": row,
            "newest": row == last
            and row.claim_id == claim.pk
            and not claim.reason
            and row.recorded_at + WINDOW > at,
            "replaced": hasattr(row, "replaced_by"),
            "why": in_language(reasons.WITHDRAW[row.withdrawn_reason]) if row.withdrawn_reason else "",
        }
        for row in rows
    ]


def _cancel(order: Order, at: datetime) -> dict[str, Any]:
    if not order.cancel_requested:
        return {"cancel": None}
    found = order.cancel_requests.filter(outcome=CancelRequest.Outcome.WAITING).first()
    if found is None:
        return {"cancel": None}
    why = in_language(reasons.CANCEL[found.reason])
    return {"cancel": found, "cancel_why": why, "cancel_left": seconds(found.decide_by, at)}


def _powers(claim: Claim, rows: list[OrderLine]) -> dict[str, Any]:
    """Which buttons stand on the page; the verbs judge again."""
    order = claim.order
    held, free = claim.state == Claim.State.OPEN, not order.cancel_requested
    on_hold = order.prescription.state == State.ON_HOLD
    goes_on = held and free and not on_hold
    supplied_none = order.state in MOVES["returned"].before

    def may(move: str) -> bool:
        return goes_on and order.state in MOVES[move].before

    return {
        "on_hold": held and on_hold,
        "may_start": may("started"),
        "may_ready": may("readied"),
        "may_dispatch": may("dispatched") and order.delivery == "delivery",
        "may_hand_over": may("dispensed"),
        "may_fail": held and order.state == OrderState.IN_TRANSIT,
        "may_return": held and supplied_none,
        "may_return_lines": goes_on and supplied_none and len(rows) > 1,
        "may_transfer": may("transferred"),
        "may_release_rest": may("closed_short"),
        "may_keep": goes_on and order.state == OrderState.CLAIMED,
        "may_review": held and order.state in OPEN_CLAIM,
        "may_not_supply": held and supplied_none,
    }


def targets(claim: Claim) -> words.Choices:
    """Dispensers that may take this order over, by name."""
    order, me = claim.order, claim.dispenser_id
    need = need_of(order, order.prescription)
    known = {c.code: c for c in [*pool(), *candidates([order.institution_id, *order.ranked]).values()]}
    able = [code for code, c in known.items() if code != me and not why_not(c, need, way_of(order, code))]
    rows = Dispenser.objects.filter(pk__in=able).select_related("institution").order_by("institution__name")
    return [(row.pk, f"{row.institution.name} {row.phone}".strip()) for row in rows]


def answer_by(asked: Transfer) -> datetime:
    return transferring.answer_by(asked)
