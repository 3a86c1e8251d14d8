"""What a holder does on the page of its claim: each act checks its few fields and calls one verb."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from routing import supplying
from routing.cancel_deciding import accept_cancel, refuse_cancel
from routing.closing import release_remainder
from routing.correcting import amend, withdraw
from routing.counter import handover_form
from routing.counter.handover_form import Form, NotFilled, Row
from routing.dispatching import delivery_failed, dispatch
from routing.dispensing import Handover, dispense
from routing.heartbeating import heartbeat
from routing.models import Claim, Dispense
from routing.not_supplying import not_supplied
from routing.readying import ready
from routing.returning import give_back_lines
from routing.reviewing import review
from routing.starting import start
from routing.transferring import ask_transfer, withdraw_transfer
from rxcenter.accounts.roles import Actor
from rxcenter.errors import NotFound


@dataclass(frozen=True, slots=True)
class Call:
    """One act: on which claim, with its token and what was sent, by whom, when. `code`: shown here a moment ago."""

    claim: Claim
    token: str
    form: Form
    by: Actor
    at: datetime
    lines: Sequence[str] = ()
    rows: Sequence[Row] = ()
    code: str | None = None

    @property
    def pk(self) -> UUID:
        return self.claim.pk

    @property
    def who(self) -> dict[str, Any]:
        return {"by": self.by, "at": self.at}

    def reason(self) -> str:
        return self.text("reason", _("Choose a reason."))

    def text(self, name: str, missing: str) -> str:
        """A field that must be filled. Raises NotFilled."""
        value = self.form.get(name, "").strip()[:100]
        if not value:
            raise NotFilled({name: missing})
        return value


def _start(call: Call) -> None:
    start(call.pk, call.token, **call.who)


def _ready(call: Call) -> None:
    ready(call.pk, call.token, **call.who)


def _keep(call: Call) -> None:
    heartbeat(call.pk, call.token, **call.who)


def _dispatch(call: Call) -> None:
    courier = call.text("courier", _("Which courier?"))
    consignment = call.text("consignment", _("The number on the parcel."))
    dispatch(call.pk, call.token, courier=courier, consignment=consignment, **call.who)


def _failed(call: Call) -> None:
    delivery_failed(call.pk, call.token, reason=call.reason(), **call.who)


def _return(call: Call) -> None:
    """All lines, or those that are ticked: the rest stays here."""
    if not call.lines:
        raise NotFilled({"lines": _("Choose at least one line.")})
    numbers = [int(line) for line in call.lines if line.isdecimal()]
    give_back_lines(call.pk, call.token, numbers, reason=call.reason(), **call.who)


def _release_rest(call: Call) -> None:
    release_remainder(call.pk, call.token, reason=call.reason(), **call.who)


def _transfer(call: Call) -> None:
    to = call.text("to", _("Choose a dispenser."))
    ask_transfer(call.pk, call.token, to, reason=call.reason(), **call.who)


def _take_back(call: Call) -> None:
    withdraw_transfer(call.pk, call.token, **call.who)


def _not_supplied(call: Call) -> None:
    not_supplied(call.pk, call.token, reason=call.reason(), **call.who)


def _review(call: Call) -> None:
    pharmacist = call.text("reviewer", _("Who looked at it?"))[:64]
    query = call.form.get("reason", "")
    verdict = "queried" if query else "agreed"
    review(call.pk, call.token, pharmacist=pharmacist, verdict=verdict, reason=query, **call.who)


def _accept_cancel(call: Call) -> None:
    accept_cancel(call.pk, call.token, **call.who)


def _refuse_cancel(call: Call) -> None:
    if not call.form.get("handed_at", "").strip():
        raise NotFilled({"handed_at": _("When was it handed over?")})
    refuse_cancel(call.pk, call.token, _handover(call, {}), **call.who)


def _hand_over(call: Call) -> None:
    said = _handover(call, {})
    if said.code is None and said.override is None and call.code:
        said = replace(said, code=call.code)
    if said.code is None and said.override is None:
        raise NotFilled({"code": _("Scan the pickup code, or say what was checked instead.")})
    dispense(call.pk, call.token, said, **call.who)


def _amend(call: Call) -> None:
    old = _record(call)
    back: dict[int, Any] = {}
    for part in old.lines:
        back[part["line"]] = back.get(part["line"], 0) + supplying.amount(part)
    amend(old.pk, call.token, _handover(call, back), **call.who)


def _withdraw(call: Call) -> None:
    withdraw(_record(call).pk, call.token, reason=call.reason(), **call.who)


def _record(call: Call) -> Dispense:
    """The record that the form names, of this claim. Raises NotFound."""
    named = call.form.get("dispense", "")
    found = next((row for row in Dispense.objects.filter(claim=call.pk) if str(row.pk) == named), None)
    if found is None:
        raise NotFound
    return found


def _handover(call: Call, back: dict[int, Any]) -> Handover:
    """The form against what is left; `back` is what a corrected record gives back."""
    order = call.claim.order
    left = {
        row.line: None if row.remaining is None else row.remaining + back.get(row.line, 0)
        for row in order.lines.all()
    }
    number = order.prescription.number
    return handover_form.handover(call.form, list(call.rows), left, prescription_no=number, at=call.at)


@dataclass(frozen=True, slots=True)
class Act:
    """`stays`: the claim's page is shown again; otherwise the counter. `dialog`: where a refusal is shown."""

    run: Callable[[Call], None]
    done: Any
    stays: bool = False
    dialog: str = ""


ACTS = {
    "start": Act(_start, gettext_lazy("preparation has started"), stays=True),
    "ready": Act(_ready, gettext_lazy("ready")),
    "keep": Act(_keep, gettext_lazy("kept longer"), stays=True),
    "dispatch": Act(_dispatch, gettext_lazy("with the courier"), dialog="rc-dispatch"),
    "failed": Act(
        _failed, gettext_lazy("it came back and stands ready again"), stays=True, dialog="rc-failed"
    ),
    "return": Act(_return, gettext_lazy("given back"), dialog="rc-return"),
    "rest": Act(_release_rest, gettext_lazy("the rest was let go"), dialog="rc-rest"),
    "transfer": Act(_transfer, gettext_lazy("asked; you hold it until it is accepted"), dialog="rc-transfer"),
    "take-back": Act(_take_back, gettext_lazy("you keep it"), stays=True),
    "not-supplied": Act(_not_supplied, gettext_lazy("not supplied; the prescriber is told"), dialog="rc-not"),
    "review": Act(_review, gettext_lazy("second review written down"), stays=True, dialog="rc-review"),
    "accept-cancel": Act(_accept_cancel, gettext_lazy("cancelled")),
    "refuse-cancel": Act(_refuse_cancel, gettext_lazy("recorded: it had been handed over")),
    "hand-over": Act(_hand_over, gettext_lazy("handed over")),
    "amend": Act(_amend, gettext_lazy("corrected")),
    "withdraw": Act(
        _withdraw, gettext_lazy("taken back; it is with you again"), stays=True, dialog="rc-withdraw"
    ),
}
# Their form is the hand-over itself
WITH_ROWS = frozenset({"hand-over", "amend", "refuse-cancel"})
