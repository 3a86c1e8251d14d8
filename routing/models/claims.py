"""Who holds an order, what the holder reported, and what is asked of the holder."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from routing.models.orders import Order
from routing.models.parties import Dispenser


class Claim(models.Model):
    """One holder of one order, from claim to its end. The partial unique index is the proof of one holder."""

    class State(models.TextChoices):
        OPEN = "open", _("held now")
        RETURNED = "returned", _("given back")
        LAPSED = "lapsed", _("lease ran out")
        RELEASED = "released", _("released by force")
        TRANSFERRED = "transferred", _("passed on")
        COMPLETED = "completed", _("completed")
        CANCELLED = "cancelled", _("cancelled")

    id = models.UUIDField(primary_key=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="claims")
    dispenser = models.ForeignKey(
        Dispenser, models.PROTECT, related_name="claims", verbose_name=_("dispenser")
    )
    seq = models.IntegerField()  # the order's claim_seq at the time: the fence
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.OPEN)
    token_hash = models.BinaryField(max_length=32)
    token_sealed = models.BinaryField()  # for recovery of a lost answer by the same organisation
    claimed_at = models.DateTimeField(_("claimed"))
    lease_until = models.DateTimeField(_("lease until"), null=True)  # none once preparation has started
    ended_at = models.DateTimeField(_("ended"), null=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    heartbeat_at = models.DateTimeField(_("last heartbeat"), null=True)
    # Delivery: the courier's code and consignment number; no personal data
    courier = models.CharField(_("courier"), max_length=100, blank=True)
    consignment = models.CharField(_("consignment number"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(state="open"), name="one_open_claim_per_order"
            ),
            models.UniqueConstraint(fields=["order", "seq"], name="claim_seq_once"),
        ]
        indexes = [models.Index(fields=["dispenser", "state"])]


class SecondReview(models.Model):
    """The dispensing side's own pharmacist looked at the prescription before anything was handed over. Append-only."""

    class Verdict(models.TextChoices):
        AGREED = "agreed", _("agreed")
        QUERIED = "queried", _("queried")

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="second_reviews")
    pharmacist = models.CharField(_("pharmacist"), max_length=64)
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict)
    reason = models.CharField(_("reason"), max_length=40, blank=True)  # coded, for a query
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("second review")
        verbose_name_plural = _("second reviews")


class Transfer(models.Model):
    """The holder asks another dispenser to take the order over; nobody lets go before the other has it."""

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="transfers")
    to = models.ForeignKey(Dispenser, models.PROTECT, related_name="+", verbose_name=_("to"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    made_at = models.DateTimeField(_("asked"))
    answered_at = models.DateTimeField(_("answered"), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["claim"], condition=Q(state="pending"), name="one_pending_transfer_per_claim"
            )
        ]
        indexes = [models.Index(fields=["to", "state"])]


class ReleaseRequest(models.Model):
    """One person wants packed goods taken from their holder by force; another one confirms. Ends with the claim."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="release_requests")
    reason = models.CharField(_("reason"), max_length=40)  # coded (reasons.FORCE_RELEASE)
    asked_by = models.CharField(_("asked by"), max_length=150)
    asked_at = models.DateTimeField(_("asked"))
    confirmed_by = models.CharField(_("confirmed by"), max_length=150, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)

    class Meta:
        verbose_name = _("request to release")
        verbose_name_plural = _("requests to release")
        constraints = [
            models.UniqueConstraint(
                fields=["claim"], condition=Q(confirmed_at=None), name="one_waiting_release_per_claim"
            )
        ]


class CancelRequest(models.Model):
    """The placer wants a held order back. Until it is answered nothing more is handed over; an answer always comes."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("waiting")
        CANCELLED = "cancelled", _("cancelled")
        REFUSED = "refused", _("refused")

    order = models.ForeignKey(Order, models.PROTECT, related_name="cancel_requests")
    reason = models.CharField(_("reason"), max_length=40)  # coded (reasons.CANCEL)
    by = models.CharField(max_length=200)
    asked_at = models.DateTimeField(_("asked"))
    decide_by = models.DateTimeField(_("answer until"))
    escalated_at = models.DateTimeField(_("escalated"), null=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, default=Outcome.WAITING)
    decided_at = models.DateTimeField(_("answered"), null=True)
    decided_by = models.CharField(max_length=200, blank=True)
    refusal = models.CharField(_("why refused"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("request to cancel")
        verbose_name_plural = _("requests to cancel")
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(outcome="waiting"), name="one_waiting_cancel_per_order"
            )
        ]
        indexes = [models.Index(fields=["decide_by"], condition=Q(outcome="waiting"), name="cancel_due")]


class Dispense(models.Model):
    """What was handed over. Append-only: corrections replace or withdraw, they never edit."""

    id = models.UUIDField(primary_key=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="dispenses")
    claim = models.ForeignKey(Claim, models.PROTECT, related_name="dispenses")
    local_id = models.CharField(max_length=64)  # the dispenser's own number: natural key
    lines = models.JSONField()  # [{"line": 1, "quantity": "56", "unit": "capsule", "batch": null}]
    pharmacist = models.CharField(max_length=64)  # who checked at the dispensing side
    handed_over_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    # How it reached the patient and what proved it: {"kind": "pickup" | "delivery", "code": true, "override": "…"}
    proof = models.JSONField(default=dict)
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim", "local_id"], name="dispensed_once_per_local_id")
        ]


class DispenseDraft(models.Model):
    """Early information for the patient before anything is final; the last one counts; a return erases it."""

    claim = models.OneToOneField(Claim, models.CASCADE, primary_key=True, related_name="draft")
    lines = models.JSONField()  # [{"line": 1, "quantity": "20", "unit": "tablet", "owed": false}]
    expected_at = models.DateTimeField(null=True)
    written_at = models.DateTimeField()


class TrackingUpdate(models.Model):
    """What the patient reads. Never moves custody. Latest `occurred_at` wins; the future is not shown yet."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="tracking")
    claim = models.ForeignKey(Claim, models.PROTECT, related_name="+")
    update_id = models.CharField(max_length=64)
    line = models.IntegerField(null=True)  # null = the whole order
    status = models.CharField(max_length=24)
    reason = models.CharField(max_length=40, blank=True)
    expected_at = models.DateTimeField(null=True)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "update_id"], name="tracked_once_per_update")]
        indexes = [models.Index(fields=["order", "-occurred_at"])]
