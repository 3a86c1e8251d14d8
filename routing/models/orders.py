"""Orders, their lines, and who was asked."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from routing.models.parties import Dispenser
from routing.states import OrderState
from rxcenter.accounts.models import Institution
from rxcenter.prescriptions.models import Prescription


class Order(models.Model):
    """One supply of one set of lines of one approved prescription. Only custody.py writes `state`."""

    id = models.UUIDField(primary_key=True)
    prescription = models.ForeignKey(
        Prescription, models.PROTECT, related_name="orders", verbose_name=_("prescription")
    )
    # The placer
    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="+", verbose_name=_("institution")
    )
    issue = models.SmallIntegerField(default=1)  # of a repeat: first, second, … supply
    state = models.CharField(_("state"), max_length=16, choices=OrderState)
    state_since = models.DateTimeField(_("since"))
    # Any dispenser with the code may claim (needs the patient's consent)
    pool = models.BooleanField(_("open pool"), default=False)
    delivery = models.CharField(_("delivery"), max_length=10, default="pickup")
    # Where to deliver, no finer than a dispenser's area
    region = models.CharField(max_length=200, blank=True)
    # Drug groups as approved; null: nobody classified the drugs, so they stay in-house
    groups = ArrayField(models.CharField(max_length=24), null=True, verbose_name=_("drug groups"))
    # Codes in the order in which they are asked
    ranked = ArrayField(models.CharField(max_length=32), default=list)
    opens_at = models.DateTimeField()
    expires_at = models.DateTimeField(_("valid until"))
    code_hash = models.BinaryField(max_length=32)  # HMAC of the pickup code
    code_sealed = models.BinaryField()  # the code itself, for the placer's GET …/pickup
    wrong_codes = models.SmallIntegerField(default=0)  # at hand-over, by the holder
    claim_seq = models.IntegerField(default=0)  # fencing: grows with every claim
    cancel_requested = models.BooleanField(default=False)  # a CancelRequest waits for the holder's answer
    # The order of which this one is a part: split off, or the remainder of a partial supply
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="parts")
    # SHA-256 over the canonical stored document when it was routed: what is handed out is what was approved
    digest = models.BinaryField(max_length=32, null=True)
    insurance = models.BooleanField(default=False)  # the fee type says that the medical insurance pays
    ready_at = models.DateTimeField(_("ready since"), null=True)
    why_not = models.JSONField(default=dict)  # {dispenser: reason} for those not eligible or not chosen
    reminded_at = models.DateTimeField(null=True)  # the patient was last reminded to collect it
    stale = models.BooleanField(
        _("stale"), default=False
    )  # on the supervisor's list; nothing is released by itself
    # Rank and facts of everyone considered, best first: the answer to "why not the others" (choose.py)
    ranking = models.JSONField(default=list)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=OrderState.values), name="order_known_state")
        ]
        indexes = [
            models.Index(fields=["prescription"]),
            models.Index(fields=["state_since"], condition=Q(stale=True), name="order_stale"),
            models.Index(
                fields=["expires_at"], condition=Q(state__in=["open", "offered"]), name="order_expiring"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prescription_id}/{self.issue}"


class OrderLine(models.Model):
    """A line of an order with what is authorised and what is left; never over-supplied (a check says so)."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="lines")
    prescription = models.ForeignKey(Prescription, models.PROTECT, related_name="+")
    issue = models.SmallIntegerField(default=1)
    line = models.IntegerField()
    # False when the order has ended or the line moved to another order
    live = models.BooleanField(default=True)
    # Null: no quantity was written
    authorised = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    remaining = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    unit = models.CharField(max_length=40, blank=True)
    # All of it was handed over (a line without a written quantity has nothing to count)
    supplied = models.BooleanField(default=False)
    # The dispenser owes the rest until then
    owed_until = models.DateTimeField(null=True)
    # A coded reason why it was not supplied (reasons.NOT_SUPPLIED)
    not_supplied = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            # Each line of each issue stands in one live order: with one open claim per order, one holder per line.
            models.UniqueConstraint(
                fields=["prescription", "issue", "line"],
                condition=Q(live=True),
                name="line_in_one_live_order",
            ),
            models.CheckConstraint(
                condition=Q(remaining__gte=0, remaining__lte=F("authorised")) | Q(remaining=None),
                name="line_never_over_supplied",
            ),
        ]


class Offer(models.Model):
    """A dispenser has been asked. Several offers may exist, one claim."""

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        TIMED_OUT = "timed_out", _("timed out")
        SUPERSEDED = "superseded", _("superseded")

    class Stock(models.TextChoices):
        IMMEDIATELY = "immediately", _("at once")
        SAME_DAY = "same_day", _("the same day")
        NEXT_DAY = "next_day", _("the next day")
        UNKNOWN = "unknown", _("not known")
        NOT_AVAILABLE = "not_available", _("not available")

    order = models.ForeignKey(Order, models.PROTECT, related_name="offers")
    dispenser = models.ForeignKey(
        Dispenser, models.PROTECT, related_name="offers", verbose_name=_("dispenser")
    )
    rank = models.SmallIntegerField(_("asked as number"))
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.PENDING)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    made_at = models.DateTimeField(_("asked"))
    answered_at = models.DateTimeField(_("answered"), null=True)
    due_at = models.DateTimeField(_("answer until"), null=True)  # then the next one is asked
    acked_at = models.DateTimeField(_("seen"), null=True)
    # The answer about stock, before any claim
    stock = models.CharField(_("stock"), max_length=14, choices=Stock, blank=True)
    stock_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        constraints = [
            models.UniqueConstraint(fields=["order", "dispenser", "rank"], name="offered_once_per_rank"),
            models.UniqueConstraint(
                fields=["order", "dispenser"], condition=Q(state="pending"), name="one_pending_offer_each"
            ),
        ]
        indexes = [
            models.Index(fields=["dispenser", "state"]),
            # A dispenser's own list, oldest first: never by way of everything that was ever offered
            models.Index(fields=["dispenser", "id"], condition=Q(state="pending"), name="offer_waiting"),
        ]
