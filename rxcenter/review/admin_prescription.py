"""One prescription on the desk: facts, findings, and the buttons that call one verb each. Nothing else can be edited."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from rxcenter.accounts.admin_scoped import staff_of
from rxcenter.errors import NotFound, Refused
from rxcenter.patients.revealing import reveal
from rxcenter.prescriptions.states import State
from rxcenter.review import deciding, reasons, saying, sheet, taking
from rxcenter.review.models import Decision, Waiting
from rxcenter.review.waiting import REVIEWERS, first_decision, held_by, reviewer
from rxcenter.review.weighing import asked

PURPOSES = {
    "call": gettext_lazy("to call the patient about this prescription"),
    "identity": gettext_lazy("to check who the patient is"),
    "reaction": gettext_lazy("to follow up an adverse reaction"),
}


class PrescriptionPages:
    """The detail page and its POST doors, for WaitingAdmin."""

    def prescription_urls(self) -> list[Any]:
        def door(name: str, view: Any) -> Any:
            wrapped = self.admin_site.admin_view(require_POST(view))
            return path(f"<uuid:pk>/{name}/", wrapped, name=f"review_waiting_{name}")

        page = self.admin_site.admin_view(require_GET(self.sheet_view))
        return [
            path("<uuid:pk>/change/", page, name="review_waiting_change"),
            door("take", self.take_view),
            door("release", self.release_view),
            door("decide", self.decide_view),
            door("reveal", self.reveal_view),
        ]

    def check_reviewer(self, request: HttpRequest) -> None:
        if not staff_of(request).may(*REVIEWERS):
            raise PermissionDenied

    def sheet_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        return self._page(request, self._row(request, pk))

    def take_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        self._row(request, pk)
        try:
            taking.take(pk, by=request.user, at=timezone.now())
        except Refused as refusal:
            messages.error(request, saying.refusal(refusal))
        return redirect("admin:review_waiting_change", pk)

    def release_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        self._row(request, pk)
        try:
            taking.release(pk, by=request.user, at=timezone.now())
        except Refused as refusal:
            messages.error(request, saying.refusal(refusal))
            return redirect("admin:review_waiting_change", pk)
        return redirect("admin:review_waiting_changelist")

    def decide_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Decide and open the next one; refused = the same page with what was entered, and why."""
        row = self._row(request, pk)
        answer = _answer(request)
        try:
            made = deciding.decide(pk, answer, by=request.user, at=timezone.now())
        except Refused as refusal:
            messages.error(request, saying.refusal(refusal))
            entered = {
                "reasons": answer.reasons,
                "monitoring": answer.monitoring,
                "note": answer.note,
                "code": answer.code,
            }
            return self._page(request, self._row(request, pk), entered=entered, status=refusal.status)
        messages.success(request, f"{row.prescription.number} · {_done(made)}")
        return self.next_view(request)

    def reveal_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Show name and telephone on this one page; who asked and why is in the access log."""
        row = self._row(request, pk)
        purpose = PURPOSES.get(request.POST.get("purpose", ""))
        by = reviewer(staff_of(request), row.institution_id)
        if by is None:
            raise Http404
        try:
            personal = reveal(
                row.prescription.sealed, table="prescription", row=row.pk, institution=row.institution_id, by=by,
                purpose=str(purpose) if purpose else "", at=timezone.now(), fields=("name", "phone", "guardian"),
            )  # fmt: skip
        except Refused as refusal:
            messages.error(request, saying.refusal(refusal))
            return self._page(request, row, status=refusal.status)
        return self._page(request, row, personal=personal)

    def _row(self, request: HttpRequest, pk: UUID) -> Waiting:
        """The row of a person who reviews this institution's prescriptions; anyone else finds nothing."""
        self.check_reviewer(request)
        row = (
            Waiting.objects.select_related("prescription__person", "institution", "run", "taken_by")
            .filter(pk=pk)
            .first()
        )
        if row is None or reviewer(staff_of(request), row.institution_id) is None:
            raise Http404(NotFound().words.en)
        return row

    def _page(
        self, request: HttpRequest, row: Waiting, *, entered: dict[str, Any] | None = None,
        personal: dict[str, Any] | None = None, status: int = 200,
    ) -> HttpResponse:  # fmt: skip
        context = {
            **self.admin_site.each_context(request),
            **_facts(row, request.user),
            **_powers(row, request.user),
            "opts": self.model._meta,
            "title": row.prescription.number,
            "original": row,
            "row": row,
            "rx": row.prescription,
            "entered": entered or {},
            "personal": personal,
            "token": uuid4(),
            "purposes": PURPOSES.items(),
            "media": self.media,
            "is_fullwidth": "1",
            "show_back_button": True,
        }
        if entered is None:
            context["entered"] = {"note": sheet.proposal(context["cards"])}
        return TemplateResponse(request, "review/prescription.html", context, status=status)


def _facts(row: Waiting, reader: Any) -> dict[str, Any]:
    document = row.prescription.document
    cards, at = sheet.cards(row), timezone.now()
    gaps = sheet.gaps(row)
    return {
        "cards": [c for c in cards if c.level != "info"],
        "folded": [c for c in cards if c.level == "info"],
        "gaps": [g for g in gaps if g["holds"]],
        "small_gaps": [g for g in gaps if not g["holds"]],
        "gap_reasons": reasons.GAPS,
        "items": sheet.lines(row, document, cards),
        "patient": sheet.patient(document, row),
        "document": document,
        "earlier": sheet.earlier(row.prescription, at),
        "events": sheet.events(row.prescription),
        "decisions": [_shown(d) for d in sheet.decisions(row, reader)],
        "return_reasons": reasons.RETURNS,
        "reject_reasons": reasons.REJECTIONS,
    }


def _powers(row: Waiting, reader: Any) -> dict[str, Any]:
    """What this reader may do with it now."""
    state = row.prescription.state
    alive = row.open and state in (State.IN_REVIEW, State.WITH_PRESCRIBER)
    holder = held_by(row, timezone.now()) if alive else None
    what = asked(row)
    first = first_decision(row) if alive else None
    return {
        "alive": alive,
        "holder": holder,
        "mine": holder is not None and holder.pk == reader.pk,
        "in_review": state == State.IN_REVIEW,
        "state_text": State(state).label,
        "blocking": sorted({f.rule for f in what.blocking}),
        "two": what.two,
        "first_made": first is not None,
        "first_is_mine": first is not None and first.by_id == reader.pk,
        "own": bool(reader.prescriber_id) and reader.prescriber_id == row.prescription.prescriber,
        "worst_is_policy": row.why == Waiting.Why.POLICY,
    }


def _answer(request: HttpRequest) -> deciding.Answer:
    posted = request.POST
    try:
        token, run = UUID(posted.get("token", "")), int(posted["run"]) if posted.get("run") else None
    except ValueError as error:
        raise Http404 from error
    given = {
        name.removeprefix("reason-"): value for name, value in posted.items() if name.startswith("reason-")
    }
    verdict = posted.get("verdict", "")
    second = verdict == "second"
    if not second and verdict not in Decision.Verdict.values:
        raise Http404
    return deciding.Answer(
        verdict="approve" if second else verdict,
        run=run,
        token=token,
        reasons=given,
        code=posted.get("code", ""),
        note=posted.get("note", ""),
        monitoring=posted.get("monitoring", ""),
        ask_second=second or posted.get("ask_second") == "1",
    )


def _done(made: Decision) -> str:
    if not made.final:
        return _("a second pharmacist decides next")
    return {
        Decision.Verdict.APPROVE: _("approved"),
        Decision.Verdict.RETURN: _("returned to the prescriber"),
        Decision.Verdict.REJECT: _("rejected"),
    }[Decision.Verdict(made.verdict)]


def _shown(made: Decision) -> dict[str, Any]:
    codes = dict.fromkeys([*made.reasons.values(), *([made.code] if made.code else [])])
    return {
        "what": made.get_verdict_display(),
        "by": made.by,
        "at": made.at,
        "final": made.final,
        "why": [saying.said(reasons.words(code)) for code in codes],
        "note": made.note,
        "monitoring": made.monitoring,
    }
