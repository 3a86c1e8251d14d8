"""The page of one claim and its doors, for CounterAdmin: a form's nonce is its Idempotency-Key, refusals stay on the page."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from routing import idempotency, proving, reasons
from routing.counter import handover_form, sheet, shown_codes, words
from routing.counter.acts import ACTS, WITH_ROWS, Act, Call
from routing.counter.handover_form import NotFilled, Row
from routing.holding import token_again
from routing.models import Claim, Dispense
from rxcenter.accounts.roles import Actor
from rxcenter.errors import Refused

PHARMACIST = "counter_pharmacist"


class ClaimPage:
    """Mixed into the admin page that knows whose counter it is (`here`)."""

    here: Callable[[HttpRequest], Actor]
    admin_site: Any
    model: Any
    media: Any

    def claim_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        by = self.here(request)
        return self.sheet(request, _mine(pk, by), by)

    def act_view(self, request: HttpRequest, pk: UUID, act: str) -> HttpResponse:
        """Do it once for this form; refused = the same page with what was entered, and why beside the field."""
        by, at, wanted = self.here(request), timezone.now(), ACTS.get(act)
        claim = _mine(pk, by)
        if wanted is None:
            raise Http404
        rows = handover_form.entered(request.POST) if act in WITH_ROWS else []
        try:
            with proving.counting(at):
                _once(request, claim, act, _call(request, claim, by, at, rows))
        except NotFilled as missing:
            return self.sheet(
                request, _mine(pk, by), by, act=act, errors=missing.errors, rows=rows, status=422
            )
        except Refused as refused:
            errors = handover_form.beside(refused) if rows else {"form": words.said(refused)}
            status = refused.status
            return self.sheet(request, _mine(pk, by), by, act=act, errors=errors, rows=rows, status=status)
        if pharmacist := request.POST.get("pharmacist", "").strip()[:64]:
            request.session[PHARMACIST] = pharmacist
        messages.success(request, f"{claim.order.prescription.number} · {wanted.done}")
        return (
            redirect("admin:routing_claim_change", pk)
            if wanted.stays
            else redirect("admin:routing_claim_changelist")
        )

    def sheet(
        self,
        request: HttpRequest,
        claim: Claim,
        by: Actor,
        *,
        act: str = "",
        errors: dict[str, str] | None = None,
        rows: list[Row] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """The page as it is now, or with what was sent and refused."""
        at = timezone.now()
        found = sheet.facts(claim, by=by, at=at)
        mode, corrected = _mode(request, found, act)
        context = {
            **self.admin_site.each_context(request),
            **found,
            **_tables(claim, found),
            "opts": self.model._meta,
            "title": claim.order.prescription.number,
            "original": claim.order.prescription.number,
            "media": self.media,
            "is_fullwidth": "1",
            "show_back_button": True,
            "nonce": uuid4(),
            "mode": mode,
            "corrected": corrected,
            "rows": _shown_rows(claim, found, mode, corrected, rows, errors or {}),
            "errors": errors or {},
            "said": {**_first(request, corrected), **(request.POST.dict() if act else {})},
            "picked_lines": request.POST.getlist("lines") if act == "return" else None,
            "dialog": ACTS[act].dialog if act else "",
            "code_shown": shown_codes.shown_at(request.session, claim, at=at),
        }
        return TemplateResponse(request, "routing/counter/claim.html", context, status=status)


def _mine(pk: UUID, by: Actor) -> Claim:
    found = sheet.claim_of(pk, by.institution or "")
    if found is None:
        raise Http404
    return found


def _call(request: HttpRequest, claim: Claim, by: Actor, at: datetime, rows: list[Row]) -> Call:
    """The claim's token is read here, logged, and never shown."""
    post = request.POST
    code = None if post.get("code", "").strip() else shown_codes.recall(request.session, claim, by=by, at=at)
    return Call(
        claim=claim,
        token=token_again(claim, by=by, at=at),
        form={name: value for name, value in post.items() if isinstance(value, str)},
        by=by,
        at=at,
        lines=post.getlist("lines"),
        rows=rows,
        code=code,
    )


def _once(request: HttpRequest, claim: Claim, act: str, call: Call) -> None:
    """One form, one effect: sent twice, the second sending finds the first one's answer."""
    wanted: Act = ACTS[act]
    sent = {k: request.POST.getlist(k) for k in sorted(request.POST) if k != "csrfmiddlewaretoken"}
    body = hashlib.sha256(json.dumps(sent).encode()).digest()

    def run() -> idempotency.Answer:
        wanted.run(call)
        return idempotency.Answer(200, "done", claim.order.prescription_id)

    route = f"counter/{claim.pk}/{act}"
    asked = idempotency.asked(claim.dispenser_id, route, request.POST.get("nonce"), body)
    idempotency.once(asked, run, by=call.by, at=call.at)


def _mode(request: HttpRequest, found: dict[str, Any], act: str) -> tuple[str, Dispense | None]:
    """Which hand-over form stands on the page: hand-over, refuse-cancel, amend with its record, or none."""
    wanted = request.POST.get("dispense") if act == "amend" else request.GET.get("amend")
    newest = next((g["row"] for g in found["given"] if g["newest"]), None)
    if wanted and newest is not None and str(newest.pk) == wanted:
        return "amend", newest
    if found["held"] and found["cancel"]:
        return "refuse-cancel", None
    return ("hand-over" if found["may_hand_over"] else ""), None


def _shown_rows(
    claim: Claim,
    found: dict[str, Any],
    mode: str,
    corrected: Dispense | None,
    sent: list[Row] | None,
    errors: dict[str, str],
) -> list[dict[str, Any]]:
    """The form's rows with the line they are about and what is wrong with each field."""
    lines = list(claim.order.lines.order_by("line"))
    rows = sent or (handover_form.recorded(corrected, lines) if corrected else handover_form.fresh(lines))
    about = {line.line: line for line in found["lines"]}
    return [
        {
            "i": i,
            "row": row,
            "line": about[row.line],
            "errors": {name: errors.get(f"{name}-{i}", "") for name in handover_form.FIELDS},
        }
        for i, row in enumerate(rows if mode else [])
        if row.line in about
    ]


def _first(request: HttpRequest, corrected: Dispense | None) -> dict[str, Any]:
    """What a new form starts with: who checked the last one, and of a record that is corrected its own facts."""
    if corrected is None:
        return {"pharmacist": request.session.get(PHARMACIST, "")}
    when = timezone.localtime(corrected.handed_over_at).strftime("%Y-%m-%dT%H:%M")
    return {"pharmacist": corrected.pharmacist, "handed_at": when}


def _tables(claim: Claim, found: dict[str, Any]) -> dict[str, Any]:
    """Coded reasons and, where it may be passed on, to whom."""
    return {
        "return_reasons": words.choices(reasons.RETURN),
        "not_reasons": words.choices(reasons.NOT_SUPPLIED),
        "override_reasons": words.choices(reasons.OVERRIDE),
        "failed_reasons": words.choices(reasons.DELIVERY_FAILED),
        "query_reasons": words.choices(reasons.QUERY),
        "withdraw_reasons": words.choices(reasons.WITHDRAW),
        "targets": sheet.targets(claim) if found["may_transfer"] and not found["passing"] else [],
    }
