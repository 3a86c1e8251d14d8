"""The dispensing side's own pharmacist looks at the prescription before anything is handed over (二次审核).

A receiving hospital or primary-care centre must; a retail pharmacy may. A question stops the hand-over wherever it is asked.
"""

from datetime import datetime
from uuid import UUID

from routing import reasons
from routing.holding import hold
from routing.models import Claim, SecondReview
from routing.refusals import SecondReviewNeeded
from rxcenter.accounts.roles import Actor
from rxcenter.errors import ReasonNeeded, Words
from rxcenter.ledger.recording import record, transaction

RETAIL = "pharmacy"


def review(
    claim: UUID, token: str, *, pharmacist: str, verdict: str, reason: str = "", by: Actor, at: datetime
) -> SecondReview:
    """Write a verdict down, `agreed` or `queried` with a code of reasons.QUERY; the latest one counts.

    Raises NotFound, WrongClaimToken, LeaseLost, AlreadyDispensed, ReasonNeeded, Invalid (unknown reason).
    """
    if verdict == SecondReview.Verdict.QUERIED:
        if not reason:
            raise ReasonNeeded(Words("请填写疑问类别", "say what is queried"))
        reasons.checked(reason, reasons.QUERY)
    with transaction():
        held = hold(claim, by.institution, token)
        made = SecondReview.objects.create(
            claim=held.claim,
            pharmacist=pharmacist,
            verdict=verdict,
            reason=reason if verdict == SecondReview.Verdict.QUERIED else "",
            at=at,
        )
        body = {"order": str(held.order.pk), "claim": str(claim), "verdict": verdict}
        record(
            "order.second_review",
            subject=held.order.prescription_id,
            streams=[held.order.institution_id, held.claim.dispenser_id],
            actor=str(by),
            at=at,
            body={**body, "reason": made.reason} if made.reason else body,
        )
        return made


def needs_second_review(claim: Claim) -> bool:
    """Whether the holder is an institution other than the prescribing one, and no retail pharmacy."""
    return claim.dispenser_id != claim.order.institution_id and claim.dispenser.institution.kind != RETAIL


def second_review_missing(claim: Claim) -> bool:
    """Whether nothing may be handed over yet: a question is open, or the review that is needed was not made."""
    last = claim.second_reviews.order_by("-pk").first()
    if last is None:
        return needs_second_review(claim)
    return last.verdict != SecondReview.Verdict.AGREED


def ask_second_review(claim: Claim) -> None:
    """Raises SecondReviewNeeded while `second_review_missing`."""
    if second_review_missing(claim):
        words = Words(
            "须先由本机构药师审核同意(POST …/review)",
            "your own pharmacist must agree first: POST …/review",
        )
        raise SecondReviewNeeded(words)
