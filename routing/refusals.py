"""The refusals of the custody protocol, each with its own problem type."""

from uuid import UUID

from rxcenter.errors import Conflict, Forbidden, Invalid, Refused, Words


class WithAnotherDispenser(Conflict):
    """Somebody else holds it; `holder` says who and how to reach them."""

    slug = "with-another-dispenser"


class AlreadyHeldByYou(Conflict):
    """`claim_url` leads to the open claim."""

    slug = "already-held-by-you"


class OfferSuperseded(Conflict):
    slug = "offer-superseded"


class PrescriptionCancelled(Conflict):
    slug = "prescription-cancelled"


class PrescriptionExpired(Conflict):
    slug = "prescription-expired"


class AlreadyDispensed(Conflict):
    slug = "already-dispensed"


class Gone(Refused):
    """It ended otherwise: not supplied, discontinued, replaced; `state` says how."""

    slug, status = "gone", 410


class NotYetValid(Conflict):
    """An issue whose window has not opened; `valid_from` says when it does."""

    slug = "not-yet-valid"


class NotHolder(Refused):
    """The code was right, but somebody else holds the order, or nobody does."""

    slug, status = "not-holder", 412


class SignatureInvalid(Conflict):
    """The stored document is not the one that was approved. It is not handed out; the order is out of circulation.

    `prescription` and `order` are for quarantining.py, not part of the answer.
    """

    slug = "signature-invalid"

    def __init__(self, prescription: UUID, order: UUID) -> None:
        words = Words(
            "处方内容与审核通过时不一致,已停止流转",
            "the stored prescription is not what was approved: it was taken out of circulation",
        )
        super().__init__(words)
        self.prescription, self.order = prescription, order


class LeaseCapped(Conflict):
    """A claim cannot be kept longer than `cap` without preparation: start, or give it back."""

    slug = "lease-capped"


class NotForDelivery(Conflict):
    """The patient collects this order."""

    slug = "not-for-delivery"


class AlreadySupplied(Conflict):
    """Something of these lines was handed over: they stay with this order; `lines` says which."""

    slug = "already-supplied"


class TransferEnded(Conflict):
    """It was answered, withdrawn or overtaken; `state` says how."""

    slug = "transfer-ended"


class TransferPending(Conflict):
    """Another dispenser was asked already and has not answered: withdraw that first."""

    slug = "transfer-pending"


class SecondReviewNeeded(Conflict):
    """The receiving institution's own pharmacist has not agreed, or has a question."""

    slug = "second-review-needed"


class SecondPersonNeeded(Conflict):
    """Packed goods are released by two persons; the same one asked before."""

    slug = "second-person-needed"


class OnHold(Conflict):
    slug = "on-hold"


class CancelPending(Conflict):
    slug = "cancel-pending"


class NotEligible(Conflict):
    """The dispenser may not fill it; `reasons` say why."""

    slug = "not-eligible"


class Claimed(Conflict):
    """The placer's cancel or amend meets an open claim; `holder` says whom to call."""

    slug = "claimed"


class LeaseLost(Conflict):
    """The claim has ended; its token is dead."""

    slug = "lease-lost"


class WrongClaimToken(Forbidden):
    slug = "wrong-claim-token"


class WrongCode(Forbidden):
    """Number and code do not fit together; whether the number exists is not said.

    `keys` and `order` say where the try is counted; they are not part of the answer.
    """

    slug = "wrong-code"

    words_of_it = Words("取药码不正确", "the pickup code does not fit")

    def __init__(self, *, keys: tuple[str, ...] = (), order: UUID | None = None) -> None:
        super().__init__(self.words_of_it)
        self.keys, self.order = keys, order


class WrongFactor(WrongCode):
    """The patient's second factor does not fit."""

    slug = "wrong-factor"
    words_of_it = Words("后四位不正确", "the last four characters do not fit")


class LockedOut(Refused):
    """Too many wrong codes."""

    slug, status = "locked-out", 423


class OverSupply(Invalid):
    slug = "over-supply"


class NotLatestDispense(Conflict):
    """Only the newest record can be amended or withdrawn; `latest_id` says which that is."""

    slug = "not-latest-dispense"


class NotCorrectable(Conflict):
    """The window is over, or another order now stands for those lines."""

    slug = "not-correctable"


class AlreadyCancelled(Conflict):
    """Somebody else ended it before; `by` says who, `at` when."""

    slug = "already-cancelled"


class NothingToDecide(Conflict):
    """No request to cancel waits for this holder's answer."""

    slug = "nothing-to-decide"


class ProofNeeded(Invalid):
    """A delivery is handed over against the pickup code, or an override with a reason and who checked."""

    slug = "proof-needed"


class Duplicate(Conflict):
    """An entry of a batch was stored before; `entries` tell each one's fate. Nothing of the batch is stored."""

    slug = "duplicate"


class TargetUnreachable(Invalid):
    """A nominated dispenser does not exist, is closed, or may not fill it; `target` and `reasons` say which and why."""

    slug = "target-unreachable"


class KeyRequired(Refused):
    slug, status = "idempotency-key-required", 400


class InProgress(Conflict):
    slug = "request-in-progress"
    headers = {"Retry-After": "1"}


class KeyReused(Invalid):
    slug = "idempotency-key-reused"
