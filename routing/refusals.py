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

    def __init__(self, *, keys: tuple[str, ...] = (), order: UUID | None = None) -> None:
        super().__init__(Words("取药码不正确", "the pickup code does not fit"))
        self.keys, self.order = keys, order


class LockedOut(Refused):
    """Too many wrong codes."""

    slug, status = "locked-out", 423


class OverSupply(Invalid):
    slug = "over-supply"


class NotWhole(Invalid):
    """An order is dispensed whole: all its lines in full."""

    slug = "not-whole"


class KeyRequired(Refused):
    slug, status = "idempotency-key-required", 400


class InProgress(Conflict):
    slug = "request-in-progress"
    headers = {"Retry-After": "1"}


class KeyReused(Invalid):
    slug = "idempotency-key-reused"
