"""Custody: who may dispense, what is offered, who holds it, what was handed over."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from routing.states import OPEN_CLAIM, OrderState
from rxcenter.accounts.models import Institution
from rxcenter.prescriptions.models import Prescription


class Dispenser(models.Model):
    """The dispensing side of an institution: a pharmacy, or a prescribing institution's own pharmacy."""

    institution = models.OneToOneField(
        Institution, models.PROTECT, primary_key=True, related_name="dispenser", verbose_name=_("institution")
    )
    active = models.BooleanField(_("active"), default=True)
    in_pool = models.BooleanField(_("takes orders of the open pool"), default=False)
    delivers = models.BooleanField(_("delivers"), default=False)
    # Names of regions as they stand in `routing.address.region`; none named = it delivers everywhere
    delivery_regions = ArrayField(
        models.CharField(max_length=100),
        default=list,
        blank=True,
        verbose_name=_("delivers to these regions only"),
    )
    # Licences by drug group: narcotic, psychotropic_1, psychotropic_2, toxic, cold_chain, herbal, injection,
    # blood_product (routing/eligible.py says which are asked of whom)
    licences = ArrayField(
        models.CharField(max_length=20), default=list, blank=True, verbose_name=_("licences")
    )
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    address = models.CharField(_("address"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("dispenser")
        verbose_name_plural = _("dispensers")

    def __str__(self) -> str:
        return str(self.institution)


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
    cancel_requested = models.BooleanField(default=False)
    why_not = models.JSONField(default=dict)  # {dispenser: reason} for those not eligible or not chosen
    stale = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=OrderState.values), name="order_known_state")
        ]
        indexes = [
            models.Index(fields=["prescription"]),
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

    class Meta:
        constraints = [
            # Each line of each issue stands in one live order: with one open claim per order, one holder per line.
            models.UniqueConstraint(
                fields=["prescription", "issue", "line"],
                condition=Q(live=True),
                name="line_in_one_live_order",
            ),
            models.CheckConstraint(
                condition=Q(remaining__gte=0) | Q(remaining=None), name="line_never_over_supplied"
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

    order = models.ForeignKey(Order, models.PROTECT, related_name="offers")
    dispenser = models.ForeignKey(
        Dispenser, models.PROTECT, related_name="offers", verbose_name=_("dispenser")
    )
    rank = models.SmallIntegerField(_("asked as number"))
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.PENDING)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    made_at = models.DateTimeField(_("asked"))
    answered_at = models.DateTimeField(_("answered"), null=True)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        constraints = [
            models.UniqueConstraint(fields=["order", "dispenser", "rank"], name="offered_once_per_rank"),
            models.UniqueConstraint(
                fields=["order", "dispenser"], condition=Q(state="pending"), name="one_pending_offer_each"
            ),
        ]
        indexes = [models.Index(fields=["dispenser", "state"])]


class Claim(models.Model):
    """One holder of one order, from claim to its end. The partial unique index is the proof of one holder."""

    class State(models.TextChoices):
        OPEN = "open", _("held now")
        RETURNED = "returned", _("given back")
        LAPSED = "lapsed", _("lease ran out")
        RELEASED = "released", _("released by force")
        COMPLETED = "completed", _("completed")
        CANCELLED = "cancelled", _("cancelled")

    id = models.UUIDField(primary_key=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="claims")
    dispenser = models.ForeignKey(
        Dispenser, models.PROTECT, related_name="claims", verbose_name=_("dispenser")
    )
    seq = models.IntegerField()  # the order's claim_seq at the time: the fence
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    token_hash = models.BinaryField(max_length=32)
    token_sealed = models.BinaryField()  # for recovery of a lost answer by the same organisation
    claimed_at = models.DateTimeField(_("claimed"))
    lease_until = models.DateTimeField(_("lease until"), null=True)  # none once preparation has started
    ended_at = models.DateTimeField(_("ended"), null=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

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
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim", "local_id"], name="dispensed_once_per_local_id")
        ]


class IdempotencyKey(models.Model):
    """The stored answer of a claim or dispense, written in the transaction of its effect (kept 7 days)."""

    # Institution code: the same organisation may retry with a rotated key
    client = models.CharField(max_length=40)
    route = models.CharField(max_length=100)
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    prescription = models.UUIDField()  # for the access log: the stored answer may hold personal fields
    status = models.SmallIntegerField()
    body_sealed = models.BinaryField()  # claim tokens are secrets
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "route", "key"], name="idempotency_key_once")
        ]
        indexes = [models.Index(fields=["created_at"])]


class WrongCode(models.Model):
    """Wrong pickup codes of the last day: by dispenser and number (whether or not it exists), and by dispenser."""

    # Of a number the blind index, then @ and the dispenser's code; of a dispenser its code alone
    key = models.CharField(max_length=80, primary_key=True)
    count = models.IntegerField()
    since = models.DateTimeField()


__all__ = [
    "OPEN_CLAIM",
    "Claim",
    "Dispense",
    "Dispenser",
    "IdempotencyKey",
    "Offer",
    "Order",
    "OrderLine",
    "WrongCode",
]
